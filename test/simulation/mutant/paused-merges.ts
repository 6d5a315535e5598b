import type { Interference, World } from '../world.ts';
import { createPerWorld, wrapForge } from './breach.ts';

/** Merges that were already paused once. */
const getPausedMerges = createPerWorld(() => new Set<string>());

/**
 * Pauses a handler right before its merge call, until its claim of the merge queue has expired. During the pause, a person makes the
 * merge invalid.
 */
export const pausedMerges: Interference = {
  name: 'handlers that pause before a merge call',
  changeDeps: wrapForge((forge, world) => ({
    mergePull: async (repo, number, merge) => {
      // The handler that takes over repeats the call for the same merge and is not paused.
      const mergeId = `${repo}#${number} ${merge.sha}`;
      const isFirst = !getPausedMerges(world).has(mergeId);
      getPausedMerges(world).add(mergeId);
      if (isFirst && world.faults.isActive && world.random.chance(0.5)) {
        invalidateMerge(world, repo, number);
        await world.loop.sleep(world.random.between(300_000, 900_000));
      }
      return forge.mergePull(repo, number, merge);
    },
  })),
};

/** Requests changes of a pull request, or merges another pull request into the same base, as a person. */
function invalidateMerge(world: World, repo: string, number: number): void {
  const { forge, random } = world;
  const repository = forge.getRepository(repo);
  const pull = forge.getPull(repo, number);
  const siblings = repository.pulls.filter(
    (other) => other !== pull && other.base === pull.base && other.state === 'open',
  );
  if (siblings.length === 0 || random.chance(0.5)) {
    forge.addReview(repo, number, 'changes_requested');
    return;
  }
  const other = random.pick(siblings);
  forge.mergePull(repo, other.number, forge.readHeadSha(repository, other), { kind: 'person' });
}
