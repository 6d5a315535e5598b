import type { Sha } from '../../../core/port/forge.ts';
import type { By, SimPull, SimRepository } from './forge-state.ts';

/** Who watches a forge from outside. */
export type ForgeWitness = {
  branchMoved(
    repository: SimRepository,
    branch: string,
    from: Sha | undefined,
    to: Sha | undefined,
    by: By,
  ): void;
  pullOpened(repository: SimRepository, pull: SimPull, by: By): void;
  pullChanged(repository: SimRepository, pull: SimPull, what: string, by: By): void;
  /** By a person who may write there. */
  reviewed(pull: SimPull, state: 'approved' | 'changes_requested'): void;
  merged(
    repository: SimRepository,
    pull: SimPull,
    merge: { readonly commit: Sha; readonly onto: Sha; readonly result: Sha },
    by: By,
  ): void;
};
