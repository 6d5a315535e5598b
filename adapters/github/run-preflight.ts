import type { Octokit } from 'octokit';
import { z } from 'zod';
import { isAppError } from '../../core/base/app-error.ts';
import type { PreflightFinding, RepoName, RepositoryFacts, Sha } from '../../core/port/forge.ts';
import { readBranchHead } from './branch.ts';
import { branchMatchesPattern } from './branch-pattern.ts';
import { canReadChecks, probeCheckAccess } from './create-checks-reader.ts';
import type { Connection, RepoParams } from './create-connection.ts';
import { readRepository } from './repository.ts';

const PAGE_SIZE = 100;

/** Rule of a ruleset or of a classic branch protection. */
type BranchRule = {
  /** Rule type in the terms of rulesets, also for a classic branch protection. */
  readonly type: string;
  /** Ruleset or branch protection that contains the rule; undefined if unknown. */
  readonly source: string | undefined;
};

/** Effect of each rule type on the branches of the platform; `blocking` if a plan cannot succeed with this rule. */
const RULE_MEANINGS: Readonly<
  Record<string, { readonly blocking: boolean; readonly effect: string }>
> = {
  creation: { blocking: true, effect: 'branches may not be created' },
  update: { blocking: true, effect: 'branches may not be moved' },
  deletion: { blocking: false, effect: 'branches cannot be cleaned up afterwards' },
  pull_request: { blocking: true, effect: 'every change needs a pull request or an approval' },
  required_status_checks: {
    blocking: true,
    effect: 'a branch accepts only commits whose checks passed',
  },
  required_linear_history: {
    blocking: true,
    effect: 'a branch accepts no merge commits, but tasks are merged with merge commits',
  },
  required_signatures: { blocking: true, effect: 'commits must be signed' },
  required_deployments: { blocking: true, effect: 'a merge waits for a deployment' },
  workflows: { blocking: true, effect: 'a merge waits for a required workflow' },
  code_scanning: { blocking: true, effect: 'a merge waits for code scanning' },
  merge_queue: { blocking: true, effect: 'merges must use the merge queue of GitHub' },
  branch_name_pattern: { blocking: true, effect: 'branch names must follow a pattern' },
  commit_message_pattern: { blocking: false, effect: 'commit messages must follow a pattern' },
  commit_author_email_pattern: {
    blocking: false,
    effect: 'author addresses must follow a pattern',
  },
  committer_email_pattern: { blocking: false, effect: 'committer addresses must follow a pattern' },
  file_path_restriction: { blocking: false, effect: 'some paths may not be changed' },
};

export async function runPreflight(
  connection: Connection,
  repo: RepoName,
  base: string,
  prefix: string,
): Promise<PreflightFinding[]> {
  const facts = await readRepository(connection, repo);
  const sampleBranch = `${prefix.replace(/\/$/, '')}/root`;
  const [baseHead, clashes, { rules, findings }] = await Promise.all([
    readBranchHead(connection, repo, base),
    findClashingBranches(connection, repo, prefix),
    readRules(connection, repo, sampleBranch),
  ]);
  return [
    ...judgeFacts(facts),
    ...(baseHead === undefined
      ? [
          createBlockingFinding(
            'base_missing',
            `${repo} has no branch ${base}; create the branch, or name another base branch`,
          ),
        ]
      : []),
    ...clashes,
    ...rules.map((rule) => judgeRule(rule, prefix)),
    ...findings,
    ...(baseHead === undefined ? [] : await judgeChecks(connection, repo, baseHead)),
  ];
}

function judgeFacts(facts: RepositoryFacts): PreflightFinding[] {
  const findings = (facts.problems ?? []).map(({ code, message }) =>
    createBlockingFinding(code, message),
  );
  if (facts.archived)
    findings.push(
      createBlockingFinding(
        'archived',
        `${facts.name} is archived and read-only; unarchive the repository first`,
      ),
    );
  if (!facts.permissions.push) {
    findings.push(
      createBlockingFinding(
        'no_push',
        `the GitHub credential has no write permission for ${facts.name}; give the token or the GitHub App write access to contents and pull requests`,
      ),
    );
  }
  if (!facts.mergeMethods.includes('merge')) {
    const message = `${facts.name} does not allow merge commits, but tasks are merged with merge commits; allow merge commits in the settings of the repository, or request a simple plan (--simple)`;
    findings.push({
      ...createBlockingFinding('merge_methods', message),
      concernsOnlyRootMerges: true,
    });
  }
  return findings;
}

function judgeRule(rule: BranchRule, prefix: string): PreflightFinding {
  const meaning = RULE_MEANINGS[rule.type] ?? {
    blocking: false,
    effect: `the rule "${rule.type}", whose effect smol-gang does not know, applies`,
  };
  const source = rule.source === undefined ? '' : ` (${rule.source})`;
  const nextStep = meaning.blocking ? `; exclude the branches under ${prefix} from this rule` : '';
  return {
    rule: rule.type,
    message: `${meaning.effect} under ${prefix}${source}${nextStep}`,
    blocking: meaning.blocking,
  };
}

async function judgeChecks(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
): Promise<PreflightFinding[]> {
  const access = await probeCheckAccess(connection, repo, sha);
  if (access.checkRuns && access.statuses) return [];
  const alternative = 'a GitHub App or a classic token can read all checks';
  if (canReadChecks(access)) {
    const message = `the credential can read only commit statuses and runs of GitHub Actions in ${repo}; checks of other apps are ignored (${alternative})`;
    return [{ rule: 'check_runs_unreadable', message, blocking: false }];
  }
  const missingPermissions = [
    ...(access.checkRuns || access.workflowRuns ? [] : ['Actions: read']),
    ...(access.statuses ? [] : ['Commit statuses: read']),
  ];
  const message = `the credential cannot read the checks of ${repo}, so every task waits for the approval of a person; add the permission ${missingPermissions.join(' and ')} to the token (${alternative})`;
  return [{ rule: 'checks_unreadable', message, blocking: false }];
}

/** Finds branches that prevent branches under the prefix: git cannot have both `a` and `a/b` as branches. */
async function findClashingBranches(
  connection: Connection,
  repo: RepoName,
  prefix: string,
): Promise<PreflightFinding[]> {
  const parts = prefix.split('/').filter(Boolean);
  const names = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const heads = await Promise.all(names.map((name) => readBranchHead(connection, repo, name)));
  return names
    .filter((_, index) => heads[index] !== undefined)
    .map((name) =>
      createBlockingFinding(
        'branch_clash',
        `${repo} has a branch ${name}, so git cannot create branches under ${name}/; rename that branch, or change BRANCH_PREFIX`,
      ),
    );
}

/** Rules for a branch, and a finding if the credential cannot read all rules. */
type RuleReading = { readonly rules: BranchRule[]; readonly findings: PreflightFinding[] };

async function readRules(
  connection: Connection,
  repo: RepoName,
  branch: string,
): Promise<RuleReading> {
  const [rulesets, protections] = await Promise.all([
    readUnlessRefused(() =>
      connection.callForge(`read the rules of ${repo}`, repo, (octokit, repoParams) =>
        listRules(octokit, repoParams, branch),
      ),
    ),
    readUnlessRefused(() =>
      connection.callForge(`read the protections of ${repo}`, repo, (octokit, repoParams) =>
        listProtections(octokit, repoParams, branch),
      ),
    ),
  ]);
  const message = `the credential cannot read the branch protection rules of ${repo}; a rule may stop the plan later`;
  const unreadable = { rule: 'rules_unreadable', message, blocking: false };
  return {
    rules: [...(rulesets ?? []), ...(protections ?? [])],
    findings: rulesets === undefined || protections === undefined ? [unreadable] : [],
  };
}

/** Returns undefined if the credential lacks the permission, or if the forge does not offer the request. */
async function readUnlessRefused<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAppError(error, 'refused') || isAppError(error, 'notFound')) return undefined;
    throw error;
  }
}

async function listRules(
  octokit: Octokit,
  repoParams: RepoParams,
  branch: string,
): Promise<BranchRule[]> {
  const rules = await octokit.paginate(octokit.rest.repos.getBranchRules, {
    ...repoParams,
    branch,
    per_page: PAGE_SIZE,
  });
  return rules.map((rule) => {
    const source = 'ruleset_source' in rule ? `ruleset of ${rule.ruleset_source}` : undefined;
    return { type: rule.type, source };
  });
}

const PROTECTIONS_QUERY = `query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    branchProtectionRules(first: 100, after: $after) {
      nodes {
        pattern requiresApprovingReviews requiresStatusChecks requiresLinearHistory
        requiresCommitSignatures restrictsPushes lockBranch
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

const protectionSchema = z.object({
  repository: z.object({
    branchProtectionRules: z.object({
      nodes: z.array(
        z.object({
          pattern: z.string(),
          requiresApprovingReviews: z.boolean(),
          requiresStatusChecks: z.boolean(),
          requiresLinearHistory: z.boolean(),
          requiresCommitSignatures: z.boolean(),
          restrictsPushes: z.boolean(),
          lockBranch: z.boolean(),
        }),
      ),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
});

/**
 * Lists the rules of the classic branch protections whose pattern covers `branch`. Only the GraphQL API reports patterns; the
 * REST API needs a branch that exists.
 */
async function listProtections(
  octokit: Octokit,
  { owner, repo }: RepoParams,
  branch: string,
): Promise<BranchRule[]> {
  const rules: BranchRule[] = [];
  let after: string | null = null;
  do {
    const response: unknown = await octokit.graphql(PROTECTIONS_QUERY, {
      owner,
      name: repo,
      after,
    });
    const { nodes, pageInfo } = protectionSchema.parse(response).repository.branchProtectionRules;
    for (const { pattern, ...protection } of nodes) {
      if (!branchMatchesPattern(pattern, branch)) continue;
      const source = `branch protection of ${pattern}`;
      const types = [
        protection.requiresApprovingReviews && 'pull_request',
        protection.requiresStatusChecks && 'required_status_checks',
        protection.requiresLinearHistory && 'required_linear_history',
        protection.requiresCommitSignatures && 'required_signatures',
        (protection.restrictsPushes || protection.lockBranch) && 'update',
      ].filter((type) => type !== false);
      rules.push(...types.map((type) => ({ type, source })));
    }
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return rules;
}

function createBlockingFinding(rule: string, message: string): PreflightFinding {
  return { rule, message, blocking: true };
}
