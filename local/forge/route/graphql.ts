import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { canReach, canWrite, requireCaller } from '../authenticate.ts';
import type { Caller, ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, readBody } from '../http.ts';
import { announcePull } from '../pull/announce.ts';
import { refreshPull } from '../pull/refresh-pull.ts';
import { findDraftRefusal } from '../rules/pull-rules.ts';
import { getPull } from '../store/pull-store.ts';
import { findRepository, getRepository } from '../store/repository-store.ts';
import type { PullRow } from '../store/row-schema.ts';
import { listRulesets } from '../store/ruleset-store.ts';
import { pullNodeId } from '../wire/pull.ts';

// No GraphQL parser: a document is recognised by the field that it asks for. As on GitHub, errors come with status 200.

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
  return answerError(field, 'UNDEFINED_FIELD', `Field '${field}' doesn't exist on type 'Query'`);
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
  if (stored === undefined || repository === undefined || !canReach(caller, repository)) {
    return answerError(
      field,
      'NOT_FOUND',
      `Could not resolve to a node with the global id of '${id}'`,
    );
  }
  if (!canWrite(caller, 'pull_requests') || caller.branch !== undefined) {
    return answerError(field, 'FORBIDDEN', 'Resource not accessible by integration');
  }
  const pull = await refreshPull(context, repository, stored);
  const refusal = findDraftRefusal(
    {
      isOpen: pull.state === 'open',
      isDraft: pull.draft,
      allowsDrafts: repository.settings.allowDrafts,
    },
    draft,
  );
  if (refusal !== undefined) return answerError(field, 'UNPROCESSABLE', refusal);
  context.rows.update('pull', pull.id, { draft: Number(draft), updated_at: context.now() });
  const changed = getPull(context.rows, pull.id) ?? pull;
  const action = draft ? 'converted_to_draft' : 'ready_for_review';
  announcePull(context, repository, changed, action, caller.login);
  return { data: { [field]: { pullRequest: toNodeJson(changed) } } };
}

function toNodeJson(pull: PullRow) {
  return { id: pullNodeId(pull), number: pull.number, isDraft: pull.draft };
}

function listProtections(
  context: ForgeContext,
  caller: Caller,
  variables: Readonly<Record<string, unknown>>,
): Answer {
  const name = `${String(variables.owner)}/${String(variables.name)}`;
  const repository = findRepository(context.rows, name);
  if (repository === undefined || !canReach(caller, repository)) {
    const message = `Could not resolve to a Repository with the name '${name}'.`;
    return answerError('repository', 'NOT_FOUND', message);
  }
  const nodes = listRulesets(context.rows, repository)
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

function answerError(field: string, type: string, message: string): Answer {
  return { error: { type, message, path: [field] } };
}
