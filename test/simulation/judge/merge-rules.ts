import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { judgeConsent } from './consent-rules.ts';
import type { Evidence, Judge } from './judge.ts';
import { formatTaskId, isEndTask, readBranch, shortenSha, TAKEN_OVER_MS } from './names.ts';

type MergeCommits = { readonly commit: string; readonly onto: string; readonly result: string };

export function judgeMerge(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  merge: MergeCommits,
  by: By,
): void {
  const head = readBranch(pull.head);
  if (head?.kind === 'task' && !isEndTask(head.task)) {
    const id = formatTaskId(head);
    const times = (judge.mergesByTask.get(id) ?? 0) + 1;
    judge.mergesByTask.set(id, times);
    // People may merge what they had go elsewhere before.
    if (times > 1 && by.kind === 'engine')
      judge.recordViolation(world, `${id} was merged ${times} times`);
  }
  if (by.kind !== 'engine') return;
  if (readBranch(pull.base)?.kind !== 'root') {
    judge.recordViolation(world, `the engine merged #${pull.number} into ${pull.base}`);
    return;
  }
  if (!judge.mergeableCommits.has(merge.commit))
    judge.recordViolation(
      world,
      `the engine merged ${shortenSha(merge.commit)}, which no attempt reported in its time`,
    );
  judgeConsent(judge, world, repository, pull, { commit: merge.commit, by });
  const mender = head?.kind === 'task' ? judge.findChangingAttempt(world, head) : undefined;
  if (mender !== undefined)
    judge.recordViolation(
      world,
      `#${pull.number} was merged while attempt ${mender} was mending it`,
    );
  // Closed, and opened again by a person, while the worker stood still: nobody could keep its call from landing.
  if (by.isLate() && judge.reopenedPulls.has(`${repository.name}#${pull.number}`)) return;
  const roots = listKnowableHeads(judge, world, repository, pull.base, merge.onto, by);
  const known = judge.evidence.filter((one) => one.commit === merge.commit);
  const strict = judge.knownPlans.get(head?.plan ?? '')?.isStrict ?? false;
  if (known.some((one) => roots.some((root) => evidenceCoversRoot(repository, one, root, strict))))
    return;
  judge.recordViolation(
    world,
    `#${pull.number} merged ${shortenSha(merge.commit)} onto ${shortenSha(merge.onto)} with evidence on ${known.map((one) => shortenSha(one.root)).join(', ') || 'nothing'}`,
  );
}

/** What a branch carries, and what it carried before people moved it behind the worker's back, which it cannot know. */
function listKnowableHeads(
  judge: Judge,
  world: World,
  repository: SimRepository,
  branch: string,
  head: string,
  by: By,
): string[] {
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, branch) : 0;
  const isLost = world.loop.now - readAt > TAKEN_OVER_MS;
  const moves = judge.listMoves(repository.name, branch);
  const heads = [head];
  for (const move of isLost ? [] : moves.toReversed()) {
    if (move.to !== heads.at(-1) || move.by !== 'person' || move.at < readAt) break;
    heads.push(move.from);
  }
  return heads;
}

/** The same root, or one that has only gained paths that meet neither what was changed nor what is shared. */
function evidenceCoversRoot(
  repository: SimRepository,
  evidence: Evidence,
  root: string,
  strict: boolean,
): boolean {
  if (evidence.root === root || evidence.empty) return true;
  if (strict || !repository.graph.isAncestor(evidence.root, root)) return false;
  const gained = repository.graph.changed(evidence.root, root);
  const changed = new Set(repository.graph.changed(evidence.root, evidence.commit));
  return !gained.some((path) => changed.has(path) || path === 'CHANGELOG.md');
}

/** A pull request that people are asked to merge is ready only after its head was verified, a root's as a whole. */
export function judgeReady(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  by: By,
): void {
  const head = readBranch(pull.head);
  const isRoot = head?.kind === 'root';
  const isSimple = head?.kind === 'task' && judge.knownPlans.get(head.plan)?.isSimple === true;
  if (!isRoot && !isSimple) return;
  const sha = repository.branches.get(pull.head) ?? '';
  const heads = listKnowableHeads(judge, world, repository, pull.head, sha, by);
  const verified = judge.evidence.some(
    (one) =>
      heads.includes(one.commit) &&
      one.by.plan === head.plan &&
      one.by.run === head.run &&
      isEndTask(one.by.task) === isRoot,
  );
  if (!verified)
    judge.recordViolation(
      world,
      `#${pull.number} is ready at ${shortenSha(sha)}, which ${isRoot ? 'no end' : 'nobody'} verified`,
    );
}
