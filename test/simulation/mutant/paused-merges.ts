import type { Interference, World } from '../world.ts';
import { createPerWorld, wrapForge } from './breach.ts';

/** Merges that were held up. */
const getHeldUpMerges = createPerWorld(() => new Set<string>());

/**
 * A lane worker that stands still right before the call, for longer than the lane waits for it, while a person
 * does what makes the call wrong.
 */
export const pausedMerges: Interference = {
  name: 'a paused lane worker',
  deps: wrapForge((forge, world) => ({
    mergePull: async (repo, number, merge) => {
      // Whoever takes the lane over is in time.
      const merged = `${repo}#${number} ${merge.sha}`;
      const isFirst = !getHeldUpMerges(world).has(merged);
      getHeldUpMerges(world).add(merged);
      if (isFirst && world.faults.isActive && world.random.chance(0.5)) {
        interfereWithPull(world, repo, number);
        await world.loop.sleep(world.random.between(300_000, 900_000));
      }
      return forge.mergePull(repo, number, merge);
    },
  })),
};

/** Objects to a pull request, or merges another into its base. */
function interfereWithPull(world: World, repo: string, number: number): void {
  const { forge, random } = world;
  const repository = forge.repo(repo);
  const pull = forge.truth(repo, number);
  const beside = repository.pulls.filter(
    (other) => other !== pull && other.base === pull.base && other.state === 'open',
  );
  if (beside.length === 0 || random.chance(0.5)) {
    forge.addReview(repo, number, 'changes_requested');
    return;
  }
  const other = random.pick(beside);
  forge.merge(repo, other.number, forge.headSha(repository, other), { kind: 'person' });
}
