import type { Review, Sha } from '../../../core/port/forge.ts';
import type { ForgeActor, SimPull, SimRepository } from './forge-state.ts';

/** Observer of the simulated forge, which calls a method at the moment of each change. */
export type ForgeWitness = {
  /** `from` undefined: the branch is new. `to` undefined: the branch was deleted. */
  onBranchMoved(
    repository: SimRepository,
    branch: string,
    from: Sha | undefined,
    to: Sha | undefined,
    actor: ForgeActor,
  ): void;
  onPullOpened(repository: SimRepository, pull: SimPull, actor: ForgeActor): void;
  /** `change`: new state of the pull request, state of a new review, `pushed`, `draft`, `ready`, or `base changed to <branch>`. */
  onPullChanged(repository: SimRepository, pull: SimPull, change: string, actor: ForgeActor): void;
  /** Called only for reviews of people with write permission. */
  onReviewed(pull: SimPull, review: Review): void;
  /** `commit`: merged head; `onto`: head of the base branch before the merge; `result`: the merge commit. */
  onMerged(
    repository: SimRepository,
    pull: SimPull,
    merge: { readonly commit: Sha; readonly onto: Sha; readonly result: Sha },
    actor: ForgeActor,
  ): void;
};
