import type { Octokit } from 'octokit';
import { z } from 'zod';
import { isAppError } from '../../core/base/app-error.ts';
import type { PreflightFinding, RepoName, RepositoryFacts, Sha } from '../../core/port/forge.ts';
import { readBranchHead } from './branch.ts';
import { branchMatchesPattern } from './branch-pattern.ts';
import { canReadChecks, probeCheckAccess } from './create-checks-reader.ts';
import type { Connection, RepositoryId } from './create-connection.ts';
import { readRepository } from './repository.ts';

const PAGE = 100;

/** A rule of a ruleset or of a classic protection, named alike. */
type FoundRule = { readonly type: string; readonly detail: string };

/** What each rule means for branches that are made, moved and merged into by this program. */
const RULE_MEANINGS: Readonly<
  Record<string, { readonly blocking: boolean; readonly says: string }>
> = {
  creation: { blocking: true, says: 'branches may not be created' },
  update: { blocking: true, says: 'branches may not be moved' },
  deletion: { blocking: false, says: 'branches cannot be cleaned up afterwards' },
  pull_request: { blocking: true, says: 'every change needs a pull request or an approval' },
  required_status_checks: {
    blocking: true,
    says: 'a branch may only take commits whose checks passed',
  },
  required_linear_history: {
    blocking: true,
    says: 'a branch may not take merge commits, which is how work is brought together',
  },
  required_signatures: { blocking: true, says: 'commits must be signed' },
  required_deployments: { blocking: true, says: 'merging waits for a deployment' },
  workflows: { blocking: true, says: 'merging waits for a required workflow' },
  code_scanning: { blocking: true, says: 'merging waits for code scanning' },
  merge_queue: { blocking: true, says: 'merging goes through a merge queue' },
  branch_name_pattern: { blocking: true, says: 'branch names must follow a pattern' },
  commit_message_pattern: { blocking: false, says: 'commit messages must follow a pattern' },
  commit_author_email_pattern: { blocking: false, says: 'author addresses must follow a pattern' },
  committer_email_pattern: { blocking: false, says: 'committer addresses must follow a pattern' },
  file_path_restriction: { blocking: false, says: 'some paths may not be changed' },
};

export async function runPreflight(
  connection: Connection,
  repo: RepoName,
  base: string,
  prefix: string,
): Promise<PreflightFinding[]> {
  const facts = await readRepository(connection, repo);
  const sample = `${prefix.replace(/\/$/, '')}/root`;
  const [baseHead, clashes, rules] = await Promise.all([
    readBranchHead(connection, repo, base),
    findClashes(connection, repo, prefix),
    readRules(connection, repo, sample),
  ]);
  return [
    ...judgeFacts(facts),
    ...(baseHead === undefined
      ? [createBlockingFinding('base_missing', `there is no branch ${base}`)]
      : []),
    ...clashes,
    ...rules.found.map((found) => judgeRule(found, prefix)),
    ...rules.unreadable,
    ...(baseHead === undefined ? [] : await judgeChecks(connection, repo, baseHead)),
  ];
}

function judgeFacts(facts: RepositoryFacts): PreflightFinding[] {
  const findings: PreflightFinding[] = [];
  if (facts.archived) findings.push(createBlockingFinding('archived', `${facts.name} is archived`));
  if (!facts.permissions.push) {
    findings.push(
      createBlockingFinding('no_push', `the credential may not write to ${facts.name}`),
    );
  }
  if (!facts.mergeMethods.includes('merge')) {
    const message = `${facts.name} does not allow merge commits, which tasks are merged with: allow them in its settings, or ask for a single pull request (--simple)`;
    findings.push({ ...createBlockingFinding('merge_methods', message), lane: true });
  }
  return findings;
}

function judgeRule(found: FoundRule, prefix: string): PreflightFinding {
  const meaning = RULE_MEANINGS[found.type] ?? {
    blocking: false,
    says: 'a rule that is not known here',
  };
  return {
    rule: found.type,
    message: `${meaning.says} under ${prefix}${found.detail}`,
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
  const better = 'a GitHub App or a classic token may read all';
  if (canReadChecks(access)) {
    const message = `of its checks only the runs of GitHub Actions and commit statuses may be read with this credential; what other apps check is not seen (${better})`;
    return [{ rule: 'check_runs_unreadable', message, blocking: false }];
  }
  const lacks = [
    ...(access.checkRuns || access.actions ? [] : ['Actions: read']),
    ...(access.statuses ? [] : ['Commit statuses: read']),
  ];
  const message = `its checks may not be read with this credential, so every task waits for a person's approval; give the token ${lacks.join(' and ')} (${better})`;
  return [{ rule: 'checks_unreadable', message, blocking: false }];
}

/** Git keeps branches as files: where `a` is a branch there can be no `a/b`. */
async function findClashes(
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
      createBlockingFinding('branch_clash', `a branch is named ${name}, so none can be below it`),
    );
}

type RuleReading = { readonly found: FoundRule[]; readonly unreadable: PreflightFinding[] };

async function readRules(
  connection: Connection,
  repo: RepoName,
  branch: string,
): Promise<RuleReading> {
  const [rulesets, protections] = await Promise.all([
    readUnlessRefused(() =>
      connection.callForge(`read the rules of ${repo}`, repo, (octokit, id) =>
        listRules(octokit, id, branch),
      ),
    ),
    readUnlessRefused(() =>
      connection.callForge(`read the protections of ${repo}`, repo, (octokit, id) =>
        listProtections(octokit, id, branch),
      ),
    ),
  ]);
  const message = 'its protection rules may not be read with this credential';
  const unreadable = { rule: 'rules_unreadable', message, blocking: false };
  return {
    found: [...(rulesets ?? []), ...(protections ?? [])],
    unreadable: rulesets === undefined || protections === undefined ? [unreadable] : [],
  };
}

/** Undefined when the credential may not ask, or the forge has no such thing. */
async function readUnlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isAppError(error, 'refused') || isAppError(error, 'notFound')) return undefined;
    throw error;
  }
}

async function listRules(octokit: Octokit, id: RepositoryId, branch: string): Promise<FoundRule[]> {
  const rules = await octokit.paginate(octokit.rest.repos.getBranchRules, {
    ...id,
    branch,
    per_page: PAGE,
  });
  return rules.map((rule) => {
    const source = 'ruleset_source' in rule ? ` (a ruleset of ${rule.ruleset_source})` : '';
    return { type: rule.type, detail: source };
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

/** The older protections. Their patterns hold for branches that do not exist yet, which only GraphQL tells. */
async function listProtections(
  octokit: Octokit,
  { owner, repo }: RepositoryId,
  branch: string,
): Promise<FoundRule[]> {
  const found: FoundRule[] = [];
  let after: string | null = null;
  do {
    const answer: unknown = await octokit.graphql(PROTECTIONS_QUERY, { owner, name: repo, after });
    const { nodes, pageInfo } = protectionSchema.parse(answer).repository.branchProtectionRules;
    for (const { pattern, ...rule } of nodes) {
      if (!branchMatchesPattern(pattern, branch)) continue;
      const detail = ` (the protection of ${pattern})`;
      const types = [
        rule.requiresApprovingReviews && 'pull_request',
        rule.requiresStatusChecks && 'required_status_checks',
        rule.requiresLinearHistory && 'required_linear_history',
        rule.requiresCommitSignatures && 'required_signatures',
        (rule.restrictsPushes || rule.lockBranch) && 'update',
      ].filter((type) => type !== false);
      found.push(...types.map((type) => ({ type, detail })));
    }
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

function createBlockingFinding(rule: string, message: string): PreflightFinding {
  return { rule, message, blocking: true };
}
