/** How a caller of the references API writes a branch; `force` moves without a fast-forward check. */
export type RefWrite = 'create' | 'move' | 'force' | 'delete';

/** Facts that decide whether a branch may be written. */
export type RefWriteFacts = {
  readonly branch: string;
  /** Commit of the branch before the write; undefined: no such branch. */
  readonly before: string | undefined;
  /** False: the target is missing or no commit. True for a deletion. */
  readonly targetIsCommit: boolean;
  /** Reason of a violated branch rule. */
  readonly violation: string | undefined;
  /** True: a work tree has the branch checked out. */
  readonly isCheckedOut: boolean;
  /** True: the target contains the commit of before. */
  readonly isFastForward: boolean;
};

/** A 422 of the references API; `isRuleViolation` selects GitHub's wording for rules. */
export type RefRefusal = { readonly message: string; readonly isRuleViolation: boolean };

/** Returns why a write to a branch is refused; undefined: the write is allowed. */
export function findRefWriteRefusal(write: RefWrite, facts: RefWriteFacts): RefRefusal | undefined {
  if (write === 'create' && facts.before !== undefined) return plain('Reference already exists');
  if (write !== 'create' && facts.before === undefined) return plain('Reference does not exist');
  if (!facts.targetIsCommit) return plain('Object does not exist');
  if (facts.violation !== undefined) return { message: facts.violation, isRuleViolation: true };
  if (facts.isCheckedOut) {
    const message = `The branch ${facts.branch} is checked out in a work tree.`;
    return { message, isRuleViolation: true };
  }
  if (write === 'move' && !facts.isFastForward) return plain('Update is not a fast forward');
  return undefined;
}

function plain(message: string): RefRefusal {
  return { message, isRuleViolation: false };
}
