/** A write that a client of the REST interface requests; `move` accepts only a fast-forward, `force` any commit. */
export type RefWrite = 'create' | 'move' | 'force' | 'delete';

/** Facts that decide whether a branch may be written. */
export type RefWriteFacts = {
  readonly branch: string;
  /** Head of the branch before the write; undefined: no such branch. */
  readonly before: string | undefined;
  /** False: the new head does not exist or is not a commit. True for a deletion. */
  readonly targetIsCommit: boolean;
  /** Message of a violated branch rule; undefined: no rule is violated. */
  readonly violation: string | undefined;
  /** True: a work tree has the branch checked out. */
  readonly isCheckedOut: boolean;
  /** True: the new head contains the commit `before`. */
  readonly isFastForward: boolean;
};

/** A refused write, answered with 422. `isRuleViolation`: the answer uses GitHub's wording for violated rules. */
export type RefRefusal = { readonly message: string; readonly isRuleViolation: boolean };

/** Returns why a write to a branch is refused; undefined: the write is allowed. */
export function findRefWriteRefusal(write: RefWrite, facts: RefWriteFacts): RefRefusal | undefined {
  if (write === 'create' && facts.before !== undefined) return refuse('Reference already exists');
  if (write !== 'create' && facts.before === undefined) return refuse('Reference does not exist');
  if (!facts.targetIsCommit) return refuse('Object does not exist');
  if (facts.violation !== undefined) return { message: facts.violation, isRuleViolation: true };
  if (facts.isCheckedOut) {
    const message = `The branch ${facts.branch} is checked out in a work tree.`;
    return { message, isRuleViolation: true };
  }
  if (write === 'move' && !facts.isFastForward) return refuse('Update is not a fast forward');
  return undefined;
}

function refuse(message: string): RefRefusal {
  return { message, isRuleViolation: false };
}
