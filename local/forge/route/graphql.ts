import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { canReach, canWrite, requireCaller } from '../authenticate.ts';
import type { Caller, ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBody, sendJson } from '../http.ts';
import { announcePull } from '../pull/announce.ts';
import { refreshPull } from '../pull/refresh-pull.ts';
import { findDraftRefusal } from '../rules/pull-rules.ts';
import { findPullById } from '../store/pull-store.ts';
import { findRepositoryById, findRepositoryByName } from '../store/repository-store.ts';
import type { PullRow } from '../store/row-schema.ts';
import { listRulesets } from '../store/ruleset-store.ts';
import { toPullNodeId } from '../wire/pull.ts';

// Instead of a GraphQL parser, this route searches the query for the names of the fields that it supports. As on GitHub, an
// answer with an error has the status 200.

const graphqlRequest = z.object({
  query: z.string().min(1).max(20_000),
  variables: z.record(z.string(), z.unknown()).default({}),
});

type GraphError = { readonly type: string; readonly message: string; readonly path: string[] };
type GraphResult = { readonly data: unknown } | { readonly error: GraphError };

export function addGraphqlRoute(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.post('/graphql', async (c) => {
    const caller = requireCaller(context, c.req.header('authorization'));
    const { query, variables } = await readBody(c, graphqlRequest);
    const answer = await executeQuery(context, caller, query, variables);
    if ('data' in answer) return sendJson(c, { data: answer.data });
    return sendError(c, answer.error);
  });
}

function sendError(c: Context<ForgeEnv>, error: GraphError): Response {
  const [field = 'field'] = error.path;
  return sendJson(c, { data: { [field]: null }, errors: [error] });
}

async function executeQuery(
  context: ForgeContext,
  caller: Caller,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<GraphResult> {
  if (query.includes('markPullRequestReadyForReview')) {
    return setDraft(context, caller, variables, 'markPullRequestReadyForReview', false);
  }
  if (query.includes('convertPullRequestToDraft')) {
    return setDraft(context, caller, variables, 'convertPullRequestToDraft', true);
  }
  if (query.includes('branchProtectionRules'))
    return listBranchProtections(context, caller, variables);
  const [, field = 'unknown'] = /\{\s*(\w+)/.exec(query) ?? [];
  return createErrorResult(
    field,
    'UNDEFINED_FIELD',
    `Field '${field}' doesn't exist on type 'Query'`,
  );
}

async function setDraft(
  context: ForgeContext,
  caller: Caller,
  variables: Readonly<Record<string, unknown>>,
  field: string,
  draft: boolean,
): Promise<GraphResult> {
  const id = z.string().safeParse(variables.id ?? variables.pullRequestId).data ?? '';
  const storedPull = findPullById(context.database, Number(/^PR_(\d+)$/.exec(id)?.[1] ?? 0));
  const repository =
    storedPull === undefined
      ? undefined
      : findRepositoryById(context.database, storedPull.repository);
  if (storedPull === undefined || repository === undefined || !canReach(caller, repository)) {
    return createErrorResult(
      field,
      'NOT_FOUND',
      `Could not resolve to a node with the global id of '${id}'`,
    );
  }
  if (!canWrite(caller, 'pull_requests') || caller.branch !== undefined) {
    return createErrorResult(field, 'FORBIDDEN', 'Resource not accessible by integration');
  }
  const pull = await refreshPull(context, repository, storedPull);
  const refusal = findDraftRefusal(
    {
      isOpen: pull.state === 'open',
      isDraft: pull.draft,
      allowsDrafts: repository.settings.allowDrafts,
    },
    draft,
  );
  if (refusal !== undefined) return createErrorResult(field, 'UNPROCESSABLE', refusal);
  context.database.update('pull', pull.id, { draft: Number(draft), updated_at: context.now() });
  const changed = findPullById(context.database, pull.id) ?? pull;
  const action = draft ? 'converted_to_draft' : 'ready_for_review';
  announcePull(context, repository, changed, action, caller.login);
  return { data: { [field]: { pullRequest: toNodeJson(changed) } } };
}

function toNodeJson(pull: PullRow) {
  return { id: toPullNodeId(pull), number: pull.number, isDraft: pull.draft };
}

function listBranchProtections(
  context: ForgeContext,
  caller: Caller,
  variables: Readonly<Record<string, unknown>>,
): GraphResult {
  const name = `${String(variables.owner)}/${String(variables.name)}`;
  const repository = findRepositoryByName(context.database, name);
  if (repository === undefined || !canReach(caller, repository)) {
    const message = `Could not resolve to a Repository with the name '${name}'.`;
    return createErrorResult('repository', 'NOT_FOUND', message);
  }
  const nodes = listRulesets(context.database, repository)
    .filter(({ kind }) => kind === 'protection')
    .map(({ name: pattern, body }) => ({
      pattern,
      requiresApprovingReviews: body.rules.some(({ type }) => type === 'pull_request'),
      requiresStatusChecks: body.rules.some(({ type }) => type === 'required_status_checks'),
      requiresLinearHistory: body.rules.some(({ type }) => type === 'required_linear_history'),
      requiresCommitSignatures: body.rules.some(({ type }) => type === 'required_signatures'),
      restrictsPushes: body.rules.some(({ type }) => type === 'update'),
      lockBranch: false,
    }));
  const pageInfo = { hasNextPage: false, endCursor: null };
  return { data: { repository: { branchProtectionRules: { nodes, pageInfo } } } };
}

function createErrorResult(field: string, type: string, message: string): GraphResult {
  return { error: { type, message, path: [field] } };
}
