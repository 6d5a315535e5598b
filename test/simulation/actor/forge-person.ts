import type { Files } from '../forge/commit-graph.ts';
import type { SimPull, SimRepository } from '../forge/forge-state.ts';
import { isRetargetedPull } from '../judge/branch-rules.ts';
import { formatRootBranch, parseBranch } from '../judge/names.ts';
import type { World } from '../world.ts';

// A person at the forge who acts without being asked: merges, closes, reopens, reviews and retargets pull requests, and pushes to,
// rewrites or deletes their branches.

const PERSON_ACTOR = { kind: 'person' } as const;

/** Acts on random pull requests and root branches until the faults end. */
export async function visitForge(world: World): Promise<void> {
  const { loop, random, faults } = world;
  while (faults.isActive) {
    await loop.sleep(random.between(10_000, 60_000));
    for (const repository of world.forge.repositories.values()) {
      const pulls = repository.pulls.filter(
        (pull) => pull.state !== 'merged' && parseBranch(pull.head)?.kind === 'task',
      );
      if (pulls.length > 0) actOnPull(world, repository, random.pick(pulls));
      const roots = [...repository.branches.keys()].filter(
        (branch) => parseBranch(branch)?.kind === 'root',
      );
      if (roots.length > 0 && faults.drawFault('person_pushes_to_root_branch'))
        pushCommit(world, repository, random.pick(roots));
    }
  }
}

function actOnPull(world: World, repository: SimRepository, pull: SimPull): void {
  const { faults, random, forge } = world;
  const { name } = repository;
  if (pull.state === 'closed') {
    const hasBothBranches =
      repository.branches.has(pull.head) && repository.branches.has(pull.base);
    // The forge refuses to reopen a pull request beside an open one of the same branches.
    const hasSuccessor = repository.pulls.some(
      ({ state, head, base }) => state === 'open' && head === pull.head && base === pull.base,
    );
    if (hasBothBranches && !hasSuccessor && faults.drawFault('person_closes_or_reopens_pull'))
      forge.reopenPull(name, pull.number, PERSON_ACTOR);
    return;
  }
  if (isRetargetedPull(world, pull)) {
    if (random.chance(0.3)) restorePullBase(world, name, pull);
    return;
  }
  if (parseBranch(pull.base)?.kind === 'root' && faults.drawFault('person_retargets_pull')) {
    forge.setBase(name, pull.number, 'main', PERSON_ACTOR);
    return;
  }
  if (repository.branches.has(pull.base) && faults.drawFault('person_rewrites_task_branch')) {
    if (random.chance(0.25)) forge.setBranch(name, pull.head, undefined, PERSON_ACTOR);
    else rewriteBranch(world, repository, pull);
    return;
  }
  if (faults.drawFault('person_pushes_to_task_branch')) pushCommit(world, repository, pull.head);
  if (faults.drawFault('person_reviews_pull'))
    forge.addReview(name, pull.number, random.pick(['approved', 'approved', 'changes_requested']));
  if (faults.drawFault('person_closes_or_reopens_pull'))
    forge.closePull(name, pull.number, PERSON_ACTOR);
  else if (canMerge(world, repository, pull) && faults.drawFault('person_merges_pull'))
    forge.mergePull(name, pull.number, forge.readHeadSha(repository, pull), PERSON_ACTOR);
}

function canMerge({ forge }: World, repository: SimRepository, pull: SimPull): boolean {
  const base = repository.branches.get(pull.base);
  if (pull.draft || base === undefined) return false;
  return forge.tryMerge(repository.name, base, forge.readHeadSha(repository, pull)) === 'clean';
}

/** Changes the base of a retargeted pull request back to the root branch of its run. */
export function restorePullBase(world: World, repo: string, pull: SimPull): void {
  const head = parseBranch(pull.head);
  if (head === undefined || !isRetargetedPull(world, pull)) return;
  world.forge.setBase(repo, pull.number, formatRootBranch(head.plan, head.run), PERSON_ACTOR);
}

/** Rewrites the head branch of a pull request like a rebase: the new head does not contain the accepted commit. */
function rewriteBranch(world: World, repository: SimRepository, { head, base }: SimPull): void {
  const { graph, branches } = repository;
  const [sha, root] = [branches.get(head), branches.get(base)];
  if (sha === undefined || root === undefined) return;
  const files = editFileByHand(world, graph.merge(sha, root).files);
  world.forge.setBranch(repository.name, head, graph.add([root], files).sha, PERSON_ACTOR);
}

/** Pushes a person's commit on top of a branch. */
export function pushCommit(world: World, repository: SimRepository, branch: string): void {
  const head = repository.branches.get(branch);
  if (head === undefined) return;
  const files = editFileByHand(world, repository.graph.get(head).files);
  const commit = repository.graph.add([head], files);
  world.forge.setBranch(repository.name, branch, commit.sha, PERSON_ACTOR);
}

function editFileByHand({ random, loop }: World, oldFiles: Files): Files {
  const files = new Map(oldFiles);
  const paths = [...files.keys()].filter((path) => path !== '.smol-gang.yaml');
  const path = random.chance(0.3) ? 'CHANGELOG.md' : random.pick(paths);
  files.set(path, `${random.chance(0.15) ? 'bad-' : ''}ada@${loop.now}:`);
  return files;
}
