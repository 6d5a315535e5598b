import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBody, readNumberParam, readParam, selectRequestedPage, sendJson } from '../http.ts';
import { notFound, unprocessable } from '../http-error.ts';
import { announceEvent } from '../pull/announce.ts';
import { combineStatuses, selectLatestByName } from '../rules/check-rules.ts';
import { findCheck, listChecks } from '../store/check-store.ts';
import type { CheckRow, RepositoryRow } from '../store/row-schema.ts';
import { toCheckRunJson, toStatusJson } from '../wire/check.ts';
import { findCommit } from './commit.ts';

const CONCLUSIONS = [
  'success',
  'failure',
  'neutral',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
  'stale',
] as const;
const checkChange = z.object({
  name: z.string().min(1).optional(),
  status: z.enum(['queued', 'in_progress', 'completed']).optional(),
  conclusion: z.enum(CONCLUSIONS).optional(),
  details_url: z.string().optional(),
  output: z.object({ title: z.string(), summary: z.string() }).optional(),
});
const newCheck = checkChange.extend({ name: z.string().min(1), head_sha: z.string() });
const newStatus = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: z.string().default('default'),
  description: z.string().nullish(),
  target_url: z.string().nullish(),
});

export function addCheckRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.post('/repos/:owner/:repo/check-runs', async (c) => {
    const { head_sha, name, ...change } = await readBody(c, newCheck);
    const sha = await requireSha(context, c, head_sha);
    const id = context.database.insert('check_run', {
      ...toNewColumns(context, c, sha, 'check', name),
      status: 'queued',
      ...toChangedColumns(context, change),
    });
    return announceAndSendCheck(context, c, id, 201);
  });
  app.patch('/repos/:owner/:repo/check-runs/:id', async (c) => {
    const id = readNumberParam(c, 'id');
    requireCheck(context, c, id);
    const change = await readBody(c, checkChange);
    context.database.update('check_run', id, toChangedColumns(context, change));
    return announceAndSendCheck(context, c, id, 200);
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}/check-runs', async (c) => {
    const sha = await requireSha(context, c, readParam(c, 'ref'));
    const repository = c.get('repository');
    const runs = listLatestChecks(context, repository, sha, 'check');
    const page = selectRequestedPage(c, runs);
    return sendJson(c, {
      total_count: runs.length,
      check_runs: page.map((run) => toCheckRunJson(context, repository, run)),
    });
  });
  app.post('/repos/:owner/:repo/statuses/:sha', async (c) => {
    const sha = await requireSha(context, c, readParam(c, 'sha'));
    const { state, context: name, description, target_url } = await readBody(c, newStatus);
    // The table holds both check runs and commit statuses; `kind` distinguishes them.
    const id = context.database.insert('check_run', {
      ...toNewColumns(context, c, sha, 'status', name),
      status: state,
      summary: description ?? '',
      url: target_url ?? null,
    });
    const status = toStatusJson(context, requireCheck(context, c, id));
    const payload = { ...status, sha, branches: [] };
    announceEvent(context, c.get('repository'), 'status', payload, c.get('caller').login);
    return sendJson(c, status, 201);
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}/status', async (c) => {
    const sha = await requireSha(context, c, readParam(c, 'ref'));
    const statuses = listLatestChecks(context, c.get('repository'), sha, 'status');
    return sendJson(c, {
      state: combineStatuses(statuses),
      sha,
      total_count: statuses.length,
      statuses: selectRequestedPage(c, statuses).map((status) => toStatusJson(context, status)),
    });
  });
}

/** Returns the columns that a request changes in a check run. */
function toChangedColumns(context: ForgeContext, change: z.infer<typeof checkChange>) {
  const { name, conclusion, details_url, output } = change;
  // GitHub completes a check run when its conclusion is set.
  const status = conclusion === undefined ? change.status : 'completed';
  return {
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(conclusion !== undefined && { conclusion, completed_at: context.now() }),
    ...(details_url !== undefined && { url: details_url }),
    ...(output !== undefined && output),
  };
}

/** Returns the columns that a new check run and a new status have in common. */
function toNewColumns(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  sha: string,
  kind: CheckRow['kind'],
  name: string,
) {
  return {
    repository: c.get('repository').id,
    sha,
    kind,
    name,
    title: '',
    summary: '',
    author: c.get('caller').login,
    started_at: context.now(),
  };
}

function announceAndSendCheck(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  id: number,
  status: 200 | 201,
) {
  const repository = c.get('repository');
  const check = requireCheck(context, c, id);
  const checkRun = toCheckRunJson(context, repository, check);
  const action = check.status === 'completed' ? 'completed' : 'created';
  announceEvent(
    context,
    repository,
    'check_run',
    { action, check_run: checkRun },
    c.get('caller').login,
  );
  return sendJson(c, checkRun, status);
}

function requireCheck(context: ForgeContext, c: Context<ForgeEnv>, id: number): CheckRow {
  const check = findCheck(context.database, c.get('repository').id, id);
  if (check === undefined) throw notFound();
  return check;
}

/** Returns the newest check run or status of each name on a commit. */
function listLatestChecks(
  context: ForgeContext,
  repository: RepositoryRow,
  sha: string,
  kind: CheckRow['kind'],
): CheckRow[] {
  const checks = listChecks(context.database, repository.id, sha);
  return selectLatestByName(checks.filter((check) => check.kind === kind));
}

async function requireSha(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  ref: string,
): Promise<string> {
  const commit = await findCommit(context.openGit(c.get('repository')), ref);
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${ref}`);
  return commit.sha;
}
