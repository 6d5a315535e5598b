import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, numberParam, param, readBody, readPage, takePage } from '../http.ts';
import { notFound, unprocessable } from '../problem.ts';
import { announce } from '../pull/announce.ts';
import type { CheckRow } from '../store/row-schema.ts';
import { checkRow } from '../store/row-schema.ts';
import { wireCheckRun, wireStatus } from '../wire/check.ts';
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
    const id = context.rows.insert('check_run', {
      ...blank(context, c, sha, 'check', name),
      status: 'queued',
      ...checkValues(context, change),
    });
    return sendCheck(context, c, id, 201);
  });
  app.patch('/repos/:owner/:repo/check-runs/:id', async (c) => {
    const id = numberParam(c, 'id');
    getCheck(context, c, id);
    context.rows.change('check_run', id, checkValues(context, await readBody(c, checkChange)));
    return sendCheck(context, c, id, 200);
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}/check-runs', async (c) => {
    const sha = await requireSha(context, c, param(c, 'ref'));
    const runs = latest(listChecks(context, c, sha, 'check'));
    const window = readPage(c);
    const page = takePage(c, window, runs.slice(window.offset, window.offset + window.perPage + 1));
    const repository = c.get('repository');
    return json(c, {
      total_count: runs.length,
      check_runs: page.map((run) => wireCheckRun(context, repository, run)),
    });
  });
  app.post('/repos/:owner/:repo/statuses/:sha', async (c) => {
    const sha = await requireSha(context, c, param(c, 'sha'));
    const { state, context: name, description, target_url } = await readBody(c, newStatus);
    const id = context.rows.insert('check_run', {
      ...blank(context, c, sha, 'status', name),
      status: state,
      summary: description ?? '',
      url: target_url ?? null,
    });
    const status = wireStatus(context, getCheck(context, c, id));
    const payload = { ...status, sha, branches: [] };
    announce(context, c.get('repository'), 'status', payload, c.get('caller').login);
    return json(c, status, 201);
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}/status', async (c) => {
    const sha = await requireSha(context, c, param(c, 'ref'));
    const statuses = latest(listChecks(context, c, sha, 'status'));
    const window = readPage(c);
    const page = statuses.slice(window.offset, window.offset + window.perPage + 1);
    return json(c, {
      state: combine(statuses),
      sha,
      total_count: statuses.length,
      statuses: takePage(c, window, page).map((status) => wireStatus(context, status)),
    });
  });
}

function checkValues(context: ForgeContext, change: z.infer<typeof checkChange>) {
  const { name, conclusion, details_url, output } = change;
  // GitHub completes a run that is given a conclusion.
  const status = conclusion === undefined ? change.status : 'completed';
  return {
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(conclusion !== undefined && { conclusion, completed_at: context.now() }),
    ...(details_url !== undefined && { url: details_url }),
    ...(output !== undefined && output),
  };
}

function blank(
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

function sendCheck(context: ForgeContext, c: Context<ForgeEnv>, id: number, status: 200 | 201) {
  const repository = c.get('repository');
  const check = getCheck(context, c, id);
  const wire = wireCheckRun(context, repository, check);
  const action = check.status === 'completed' ? 'completed' : 'created';
  announce(context, repository, 'check_run', { action, check_run: wire }, c.get('caller').login);
  return json(c, wire, status);
}

function getCheck(context: ForgeContext, c: Context<ForgeEnv>, id: number): CheckRow {
  const check = context.rows.one(
    checkRow,
    'select * from check_run where id = :id and repository = :repository',
    { id, repository: c.get('repository').id },
  );
  if (check === undefined) throw notFound();
  return check;
}

function listChecks(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  sha: string,
  kind: CheckRow['kind'],
): CheckRow[] {
  return context.rows.all(
    checkRow,
    'select * from check_run where repository = :repository and sha = :sha and kind = :kind order by id',
    { repository: c.get('repository').id, sha, kind },
  );
}

/** The last of each name. */
function latest(checks: readonly CheckRow[]): CheckRow[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

function combine(statuses: readonly CheckRow[]): string {
  if (statuses.some(({ status }) => status === 'error' || status === 'failure')) return 'failure';
  if (statuses.length === 0 || statuses.some(({ status }) => status === 'pending'))
    return 'pending';
  return 'success';
}

async function requireSha(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  ref: string,
): Promise<string> {
  const commit = await findCommit(context.git(c.get('repository')), ref);
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${ref}`);
  return commit.sha;
}
