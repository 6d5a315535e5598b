import { matchesBranchPattern } from './branch-pattern.ts';

/** A rule in GitHub's JSON format; `type` is, for example, `required_signatures`. */
export type BranchRule = {
  readonly type: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
};

/** A ruleset, or the protection of a branch or pattern. The branch patterns may start with `refs/heads/`. */
export type BranchRuleset = {
  /** `active`, `evaluate` or `disabled`; only an active ruleset refuses anything. */
  readonly enforcement: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rules: readonly BranchRule[];
};

/** A write to a branch without a pull request, as branch rules distinguish such writes; `update` moves an existing branch. */
export type DirectWrite = 'create' | 'update' | 'delete';

/** Returns whether a ruleset is active and covers a branch name, even if no such branch exists. */
export function coversBranch(
  ruleset: BranchRuleset,
  branch: string,
  defaultBranch: string,
): boolean {
  const covers = (pattern: string) => coversPattern(pattern, branch, defaultBranch);
  return (
    ruleset.enforcement === 'active' &&
    ruleset.include.some(covers) &&
    !ruleset.exclude.some(covers)
  );
}

function coversPattern(pattern: string, branch: string, defaultBranch: string): boolean {
  if (pattern === '~ALL') return true;
  if (pattern === '~DEFAULT_BRANCH') return branch === defaultBranch;
  return matchesBranchPattern(pattern.replace(/^refs\/heads\//, ''), branch);
}

const UPDATE_REFUSED = 'Cannot update this protected ref.';

/** Writes that a rule refuses, and GitHub's message, by the type of the rule. */
const WRITE_RULES: Readonly<
  Record<string, { readonly writes: readonly DirectWrite[]; readonly message: string }>
> = {
  creation: { writes: ['create'], message: 'Cannot create ref due to creations being restricted.' },
  update: { writes: ['update'], message: UPDATE_REFUSED },
  deletion: { writes: ['delete'], message: 'Cannot delete this protected ref.' },
  pull_request: { writes: ['update'], message: 'Changes must be made through a pull request.' },
  required_signatures: {
    writes: ['create', 'update'],
    message: 'Commits must have verified signatures.',
  },
};

/** Returns the message of the first rule that refuses a write outside a pull request; undefined: the write is allowed. */
export function findWriteViolation(
  rules: readonly BranchRule[],
  write: DirectWrite,
): string | undefined {
  for (const rule of rules) {
    const writeRule = WRITE_RULES[rule.type];
    if (writeRule?.writes.includes(write)) return writeRule.message;
    if (rule.type === 'required_status_checks' && write === 'update') {
      return describeMissingCheck(listRequiredChecks(rule)[0] ?? '');
    }
  }
  return undefined;
}

/** Facts about a pull request that decide whether the rules of the base branch allow a merge. */
export type MergeRuleFacts = {
  readonly method: string;
  /** Number of reviewers with write permission whose last verdict is an approval. */
  readonly approvals: number;
  /** Names of the checks that succeeded on the head commit. */
  readonly successfulChecks: ReadonlySet<string>;
};

/** Returns the message of the first rule of the base branch that refuses a merge; undefined: the merge is allowed. */
export function findMergeViolation(
  rules: readonly BranchRule[],
  facts: MergeRuleFacts,
): string | undefined {
  for (const rule of rules) {
    const violation = findRuleViolation(rule, facts);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function findRuleViolation(rule: BranchRule, facts: MergeRuleFacts): string | undefined {
  switch (rule.type) {
    case 'update':
      return UPDATE_REFUSED;
    case 'required_linear_history':
      return facts.method === 'merge' ? 'This branch must not contain merge commits.' : undefined;
    case 'pull_request': {
      const requiredApprovals = Number(rule.parameters?.required_approving_review_count ?? 0);
      if (facts.approvals >= requiredApprovals) return undefined;
      return `At least ${requiredApprovals} approving review is required by reviewers with write access.`;
    }
    case 'required_status_checks': {
      const missing = listRequiredChecks(rule).find((name) => !facts.successfulChecks.has(name));
      return missing === undefined ? undefined : describeMissingCheck(missing);
    }
    default:
      return undefined;
  }
}

function describeMissingCheck(name: string): string {
  return `Required status check "${name}" is expected.`;
}

/** Returns the names of the checks that a `required_status_checks` rule requires. */
export function listRequiredChecks(rule: BranchRule): string[] {
  const list = rule.parameters?.required_status_checks;
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'context' in entry ? String(entry.context) : '',
  );
}
