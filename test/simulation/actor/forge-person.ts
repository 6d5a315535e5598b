import type { SimPull, SimRepository } from '../forge/forge-state.ts';
import { readBranch } from '../judge/branch-name.ts';
import type { World } from '../world.ts';

// A person at the forge, who does not ask anybody: merges a pull request, closes it, opens it again, pushes to its branch,
// reviews it.

const BY = { kind: 'person' } as const;

export async function visitForge(world: World): Promise<void> {
  const { loop, random, faults } = world;
  while (faults.active) {
    await loop.sleep(random.between(10_000, 60_000));
    for (const repository of world.forge.repositories.values()) {
      const pulls = repository.pulls.filter(
        (pull) => pull.state !== 'merged' && readBranch(pull.head)?.kind === 'task',
      );
      if (pulls.length > 0) visit(world, repository, random.pick(pulls));
    }
  }
}

function visit(world: World, repository: SimRepository, pull: SimPull): void {
  const { faults, random, forge } = world;
  const { name } = repository;
  if (pull.state === 'closed') {
    if (faults.happens('person_closes') && repository.branches.has(pull.head))
      forge.reopen(name, pull.number, BY);
    return;
  }
  if (faults.happens('person_pushes')) push(world, repository, pull);
  if (faults.happens('person_reviews'))
    forge.addReview(name, pull.number, random.pick(['approved', 'approved', 'changes_requested']));
  if (faults.happens('person_closes')) forge.close(name, pull.number, BY);
  else if (faults.happens('person_merges') && !pull.draft)
    forge.merge(name, pull.number, forge.headSha(repository, pull), BY);
}

/** On top of what is there, as people do. */
function push(world: World, repository: SimRepository, pull: SimPull): void {
  const { random, forge } = world;
  const head = forge.headSha(repository, pull);
  const files = new Map(repository.graph.get(head).files);
  const paths = [...files.keys()].filter((path) => path !== '.smol-gang.yaml');
  files.set(random.pick(paths), `${random.chance(0.15) ? 'bad-' : ''}ada@${world.loop.now}:`);
  const commit = repository.graph.add([head], files);
  forge.setBranch(repository.name, pull.head, commit.sha, BY);
}
