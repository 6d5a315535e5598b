import type { ForgeContext } from './forge-context.ts';
import type { BranchRule, DirectWrite } from './rules/branch-rules.ts';
import { coversBranch, findMergeViolation, findWriteViolation } from './rules/branch-rules.ts';
import { listSuccessfulChecks } from './rules/check-rules.ts';
import { countApprovals } from './rules/review-rules.ts';
import { listChecks } from './store/check-store.ts';
import { listComments } from './store/comment-store.ts';
import type { PullRow, RepositoryRow, RulesetRow } from './store/row-schema.ts';
import { listRulesets } from './store/ruleset-store.ts';
import { findAccount } from './store/token-store.ts';

/** A rule, and the ruleset or protection that contains the rule. */
export type SourcedRule = { readonly rule: BranchRule; readonly source: RulesetRow };

/** Returns the rules that apply to a branch name, even if no such branch exists. */
export function listBranchRules(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
): SourcedRule[] {
  return listRulesets(context.database, repository)
    .filter(({ body }) => coversBranch(body, branch, repository.default_branch))
    .flatMap((source) => source.body.rules.map((rule) => ({ rule, source })));
}

/** Returns why the branch rules refuse a write outside a pull request; undefined: the write is allowed. */
export function findBranchWriteViolation(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
  write: DirectWrite,
): string | undefined {
  const rules = listBranchRules(context, repository, branch).map(({ rule }) => rule);
  return findWriteViolation(rules, write);
}

/** Returns why the rules of the base branch refuse a merge by `method`; undefined: the merge is allowed. */
export function findPullMergeViolation(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  method: string,
): string | undefined {
  const { database } = context;
  const rules = listBranchRules(context, repository, pull.base).map(({ rule }) => rule);
  if (rules.length === 0) return undefined;
  const reviews = listComments(database, pull, 'review').map(({ author, state }) => ({
    author,
    state,
    authorCanWrite: (findAccount(database, author)?.permission ?? 'read') !== 'read',
  }));
  return findMergeViolation(rules, {
    method,
    approvals: countApprovals(reviews),
    successfulChecks: listSuccessfulChecks(listChecks(database, repository.id, pull.head_sha)),
  });
}
