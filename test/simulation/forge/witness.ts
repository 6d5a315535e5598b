import type { Sha } from '../../../core/port/forge.ts';
import type { ForgeActor, SimPull, SimRepository } from './forge-state.ts';

/** Observer of a simulated forge. The forge calls a method at the moment of each change. */
export type ForgeWitness = {
  /** Undefined `from`: the branch is new. Undefined `to`: the branch was deleted. */
  branchMoved(
    repository: SimRepository,
    branch: string,
    from: Sha | undefined,
    to: Sha | undefined,
    by: ForgeActor,
  ): void;
  pullOpened(repository: SimRepository, pull: SimPull, by: ForgeActor): void;
  /** `change`: the new state, `pushed`, `draft`, `ready`, a review's state, or `base changed to <branch>`. */
  pullChanged(repository: SimRepository, pull: SimPull, change: string, by: ForgeActor): void;
  /** Called for reviewers with write permission only. */
  reviewed(pull: SimPull, state: 'approved' | 'changes_requested'): void;
  /** `commit`: merged head; `onto`: head of the base branch before the merge; `result`: the merge commit. */
  merged(
    repository: SimRepository,
    pull: SimPull,
    merge: { readonly commit: Sha; readonly onto: Sha; readonly result: Sha },
    by: ForgeActor,
  ): void;
};
