import type { Sha } from '../../../core/port/forge.ts';
import type { By, SimPull, SimRepository } from './forge-state.ts';

/** Callbacks of an observer that sees every change at the forge at the moment of the change. */
export type ForgeWitness = {
  /** Undefined `from`: the branch is new. Undefined `to`: the branch was deleted. */
  branchMoved(
    repository: SimRepository,
    branch: string,
    from: Sha | undefined,
    to: Sha | undefined,
    by: By,
  ): void;
  pullOpened(repository: SimRepository, pull: SimPull, by: By): void;
  /** `what`: the new state, `pushed`, `draft`, `ready`, a review's state, or `base changed to <branch>`. */
  pullChanged(repository: SimRepository, pull: SimPull, what: string, by: By): void;
  /** Called for reviewers with write permission only. */
  reviewed(pull: SimPull, state: 'approved' | 'changes_requested'): void;
  merged(
    repository: SimRepository,
    pull: SimPull,
    merge: { readonly commit: Sha; readonly onto: Sha; readonly result: Sha },
    by: By,
  ): void;
};
