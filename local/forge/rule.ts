import { branchMatchesPattern } from '../../adapters/github/branch-pattern.ts';
import type { ForgeContext } from './forge-context.ts';
import type { PullRow, RepositoryRow, Rule, RulesetRow } from './store/row-schema.ts';
import { checkRow, remarkRow, rulesetRow } from './store/row-schema.ts';
import { findAccount } from './store/token-store.ts';

export function listRulesets(context: ForgeContext, repository: RepositoryRow): RulesetRow[] {
  return context.rows.all(rulesetRow, 'select * from ruleset where repository = :repository', {
    repository: repository.id,
  });
}

/** What holds for a branch of that name, whether or not there is one. */
export function rulesOf(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
): { readonly rule: Rule; readonly source: RulesetRow }[] {
  return listRulesets(context, repository)
    .filter(({ body }) => body.enforcement === 'active')
    .filter(({ body }) => body.include.some((pattern) => matches(pattern, branch, repository)))
    .filter(({ body }) => !body.exclude.some((pattern) => matches(pattern, branch, repository)))
    .flatMap((source) => source.body.rules.map((rule) => ({ rule, source })));
}

function matches(pattern: string, branch: string, repository: RepositoryRow): boolean {
  if (pattern === '~ALL') return true;
  if (pattern === '~DEFAULT_BRANCH') return branch === repository.default_branch;
  return branchMatchesPattern(pattern.replace(/^refs\/heads\//, ''), branch);
}

const WRITE_RULES: Readonly<Record<string, { readonly of: string[]; readonly message: string }>> = {
  creation: { of: ['create'], message: 'Cannot create ref due to creations being restricted.' },
  update: { of: ['update'], message: 'Cannot update this protected ref.' },
  deletion: { of: ['delete'], message: 'Cannot delete this protected ref.' },
  pull_request: { of: ['update'], message: 'Changes must be made through a pull request.' },
  required_signatures: {
    of: ['create', 'update'],
    message: 'Commits must have verified signatures.',
  },
};

/** Why a branch may not be written past pull requests; undefined when it may. */
export function refuseWrite(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
  action: 'create' | 'update' | 'delete',
): string | undefined {
  for (const { rule } of rulesOf(context, repository, branch)) {
    const known = WRITE_RULES[rule.type];
    if (known?.of.includes(action)) return known.message;
    if (rule.type === 'required_status_checks' && action === 'update') {
      const [name = ''] = requiredChecks(rule);
      return `Required status check "${name}" is expected.`;
    }
  }
  return undefined;
}

/** Why a pull request may not be merged by `method`; undefined when it may. */
export function refuseMerge(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  method: string,
): string | undefined {
  for (const { rule } of rulesOf(context, repository, pull.base)) {
    const reason = refuseMergeBy(context, pull, rule, method);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function refuseMergeBy(
  context: ForgeContext,
  pull: PullRow,
  rule: Rule,
  method: string,
): string | undefined {
  if (rule.type === 'update') return 'Cannot update this protected ref.';
  if (rule.type === 'required_linear_history' && method === 'merge') {
    return 'This branch must not contain merge commits.';
  }
  if (rule.type === 'pull_request') {
    const needed = Number(rule.parameters?.required_approving_review_count ?? 0);
    if (countApprovals(context, pull) >= needed) return undefined;
    return `At least ${needed} approving review is required by reviewers with write access.`;
  }
  if (rule.type !== 'required_status_checks') return undefined;
  const missing = requiredChecks(rule).find((name) => !isCheckGreen(context, pull, name));
  return missing === undefined ? undefined : `Required status check "${missing}" is expected.`;
}

export function requiredChecks(rule: Rule): string[] {
  const list = rule.parameters?.required_status_checks;
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'context' in entry ? String(entry.context) : '',
  );
}

function isCheckGreen(context: ForgeContext, pull: PullRow, name: string): boolean {
  const checks = context.rows.all(
    checkRow,
    'select * from check_run where repository = :repository and sha = :sha and name = :name',
    { repository: pull.repository, sha: pull.head_sha, name },
  );
  const last = checks.at(-1);
  if (last === undefined) return false;
  if (last.kind === 'status') return last.status === 'success';
  return ['success', 'neutral', 'skipped'].includes(last.conclusion ?? '');
}

/** The last word of each reviewer with write permission counts. */
function countApprovals(context: ForgeContext, pull: PullRow): number {
  const reviews = context.rows.all(
    remarkRow,
    "select * from remark where repository = :repository and number = :number and kind = 'review' order by id",
    { repository: pull.repository, number: pull.number },
  );
  const states = new Map<string, string>();
  for (const review of reviews) {
    if (review.state === 'COMMENTED' || review.state === null) continue;
    states.set(review.author, review.state);
  }
  return [...states].filter(([author, state]) => {
    const permission = findAccount(context.rows, author)?.permission ?? 'read';
    return state === 'APPROVED' && permission !== 'read';
  }).length;
}
