import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { mayReach, mayWrite, requireCaller } from '../authenticate.ts';
import type { Caller, ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, readBody } from '../http.ts';
import { announcePull } from '../pull/announce.ts';
import { refreshPull } from '../pull/refresh-pull.ts';
import { listRulesets } from '../rule.ts';
import { getPull } from '../store/pull-store.ts';
import { findRepository, getRepository } from '../store/repository-store.ts';
import type { PullRow } from '../store/row-schema.ts';
import { pullNodeId } from '../wire/pull.ts';

// Not GraphQL: the few documents that clients of this forge send are known by the field they ask for. Errors are told
// inside a 200, as GitHub does.

const request = z.object({
  query: z.string().min(1).max(20_000),
  variables: z.record(z.string(), z.unknown()).default({}),
});

type GraphError = { readonly type: string; readonly message: string; readonly path: string[] };
type Answer = { readonly data: unknown } | { readonly error: GraphError };

export function addGraphqlRoute(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.post('/graphql', async (c) => {
    const caller = requireCaller(context, c.req.header('authorization'));
    const { query, variables } = await readBody(c, request);
    const answer = await execute(context, caller, query, variables);
    if ('data' in answer) return json(c, { data: answer.data });
    return sendErrors(c, answer.error);
  });
}

function sendErrors(c: Context<ForgeEnv>, error: GraphError): Response {
  const [field = 'field'] = error.path;
  return json(c, { data: { [field]: null }, errors: [error] });
}

async function execute(
  context: ForgeContext,
  caller: Caller,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  if (query.includes('markPullRequestReadyForReview')) {
    return setDraft(context, caller, variables, 'markPullRequestReadyForReview', false);
  }
  if (query.includes('convertPullRequestToDraft')) {
    return setDraft(context, caller, variables, 'convertPullRequestToDraft', true);
  }
  if (query.includes('branchProtectionRules')) return listProtections(context, caller, variables);
  const [, field = 'unknown'] = /\{\s*(\w+)/.exec(query) ?? [];
  return refuse(field, 'UNDEFINED_FIELD', `Field '${field}' doesn't exist on type 'Query'`);
}

async function setDraft(
  context: ForgeContext,
  caller: Caller,
  variables: Readonly<Record<string, unknown>>,
  field: string,
  draft: boolean,
): Promise<Answer> {
  const id = z.string().safeParse(variables.id ?? variables.pullRequestId).data ?? '';
  const stored = getPull(context.rows, Number(/^PR_(\d+)$/.exec(id)?.[1] ?? 0));
  const repository =
    stored === undefined ? undefined : getRepository(context.rows, stored.repository);
  if (stored === undefined || repository === undefined || !mayReach(caller, repository)) {
    return refuse(field, 'NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  }
  if (!mayWrite(caller, 'pull_requests') || caller.branch !== undefined) {
    return refuse(field, 'FORBIDDEN', 'Resource not accessible by integration');
  }
  const pull = await refreshPull(context, repository, stored);
  if (draft && !repository.settings.allowDrafts) {
    const message = 'Draft pull requests are not supported in this repository.';
    return refuse(field, 'UNPROCESSABLE', message);
  }
  if (pull.state !== 'open') return refuse(field, 'UNPROCESSABLE', 'Pull request is closed');
  if (pull.draft === draft) {
    const message = draft ? 'Pull request is already a draft' : 'Pull request is not a draft';
    return refuse(field, 'UNPROCESSABLE', message);
  }
  context.rows.change('pull', pull.id, { draft: Number(draft), updated_at: context.now() });
  const changed = getPull(context.rows, pull.id) ?? pull;
  const action = draft ? 'converted_to_draft' : 'ready_for_review';
  announcePull(context, repository, changed, action, caller.login);
  return { data: { [field]: { pullRequest: wireNode(changed) } } };
}

function wireNode(pull: PullRow) {
  return { id: pullNodeId(pull), number: pull.number, isDraft: pull.draft };
}

function listProtections(
  context: ForgeContext,
  caller: Caller,
  variables: Readonly<Record<string, unknown>>,
): Answer {
  const name = `${String(variables.owner)}/${String(variables.name)}`;
  const repository = findRepository(context.rows, name);
  if (repository === undefined || !mayReach(caller, repository)) {
    const message = `Could not resolve to a Repository with the name '${name}'.`;
    return refuse('repository', 'NOT_FOUND', message);
  }
  const nodes = listRulesets(context, repository)
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
  const page = { hasNextPage: false, endCursor: null };
  return { data: { repository: { branchProtectionRules: { nodes, pageInfo: page } } } };
}

function refuse(field: string, type: string, message: string): Answer {
  return { error: { type, message, path: [field] } };
}
