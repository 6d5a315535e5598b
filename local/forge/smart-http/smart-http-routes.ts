import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono } from 'hono';
import { branchSchema } from '../../../core/contract/id.ts';
import { canReach, canRead, canWrite, requireCaller } from '../authenticate.ts';
import { findBranchWriteViolation } from '../find-violation.ts';
import type { Caller, ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listCheckedOutBranches, readBranch } from '../git/read-ref.ts';
import { removeStaleLockFile } from '../git/write-commit.ts';
import { readParam } from '../http.ts';
import { handleBranchChange } from '../pull/handle-branch-change.ts';
import { findRepositoryByName } from '../store/repository-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { runHttpBackend } from './http-backend.ts';
import type { PushCommand, PushHead } from './push-commands.ts';
import { formatRefusal, parsePushHead, ZERO_SHA } from './push-commands.ts';

/** Maximum size of the head of a push. The head has about 100 bytes per reference. */
const MAX_HEAD_BYTES = 1024 * 1024;
const EMPTY = Buffer.alloc(0);

/** Adds the routes of git's smart HTTP protocol. */
export function addSmartHttpRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  const path = '/:owner/:repo{.+\\.git}';
  app.get(`${path}/info/refs`, async (c) => {
    const isPush = c.req.query('service') === 'git-receive-pack';
    const access = checkAccess(context, c, isPush);
    if (access instanceof Response) return access;
    const { incoming } = c.env;
    return runBackend(c, access, '/info/refs', EMPTY, incoming);
  });
  app.post(`${path}/git-upload-pack`, async (c) => {
    const access = checkAccess(context, c, false);
    if (access instanceof Response) return access;
    return runBackend(c, access, '/git-upload-pack', EMPTY, openDecodedBody(c.env));
  });
  app.post(`${path}/git-receive-pack`, async (c) => {
    const access = checkAccess(context, c, true);
    if (access instanceof Response) return access;
    return receivePush(context, c, access);
  });
}

type Access = { readonly repository: RepositoryRow; readonly caller: Caller };

/**
 * Returns repository and caller, or the response that refuses access. Git sends a credential only after a 401 with a challenge.
 */
function checkAccess(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  isPush: boolean,
): Access | Response {
  const header = c.req.header('authorization');
  const challenge = { 'www-authenticate': 'Basic realm="forge"' };
  if (header === undefined)
    return c.text('Authentication is required: use a token as the password.\n', 401, challenge);
  let caller: Caller;
  try {
    caller = requireCaller(context, header);
  } catch {
    return c.text('Invalid username or token.\n', 401, challenge);
  }
  const name = `${readParam(c, 'owner')}/${readParam(c, 'repo').replace(/\.git$/, '')}`;
  const repository = findRepositoryByName(context.database, name);
  if (repository === undefined || !canReach(caller, repository) || !canRead(caller, 'contents')) {
    return c.text('Repository not found.\n', 404);
  }
  if (!isPush) return { repository, caller };
  if (repository.settings.archived) {
    return c.text('This repository was archived so it is read-only.\n', 403);
  }
  if (caller.permission === 'read' || !canWrite(caller, 'contents')) {
    return c.text(`Permission to ${name} denied to ${caller.login}.\n`, 403);
  }
  return { repository, caller };
}

async function runBackend(
  c: Context<ForgeEnv>,
  { repository, caller }: Access,
  path: string,
  bodyStart: Buffer,
  body: Readable,
  handleGitExit?: () => Promise<void>,
): Promise<Response> {
  const { incoming, outgoing } = c.env;
  const query = new URL(c.req.url).search.slice(1);
  const request = { gitDir: repository.git_dir, path, query, login: caller.login, bodyStart, body };
  await runHttpBackend(request, incoming, outgoing);
  await handleGitExit?.();
  outgoing.end();
  return RESPONSE_ALREADY_SENT;
}

async function receivePush(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  access: Access,
): Promise<Response> {
  const { repository, caller } = access;
  const body = openDecodedBody(c.env);
  const { bytes, head } = await readPushHead(body);
  if (head === undefined) {
    body.resume();
    return c.text('The forge cannot parse this push. Push with git 2.11 or newer.\n', 400);
  }
  const reasons = findPushRefusals(context, repository, caller, head.commands);
  if (reasons.size > 0) return refusePush(c, body, head, reasons);
  const branchesBefore = head.commands.map(({ ref }) => {
    const branch = ref.slice('refs/heads/'.length);
    removeStaleLockFile(repository.git_dir, branch);
    return { branch, before: readBranch(repository.git_dir, branch) };
  });
  return runBackend(c, access, '/git-receive-pack', bytes, body, async () => {
    for (const { branch, before } of branchesBefore) {
      const after = readBranch(repository.git_dir, branch);
      await handleBranchChange(context, repository, { branch, before, after }, caller.login);
    }
  });
}

/** Answers after the whole body has arrived, because git sends the whole push before it reads the answer. */
async function refusePush(
  c: Context<ForgeEnv>,
  body: Readable,
  head: PushHead,
  reasons: ReadonlyMap<string, string>,
): Promise<Response> {
  body.resume();
  if (!body.readableEnded) {
    await new Promise<void>((resolve) => {
      body.on('close', resolve);
      body.on('end', resolve);
    });
  }
  const report = formatRefusal(head, reasons);
  if (report === undefined) return c.text(`${[...reasons.values()].join('\n')}\n`, 403);
  return new Response(new Uint8Array(report), {
    headers: {
      'content-type': 'application/x-git-receive-pack-result',
      'cache-control': 'no-cache',
    },
  });
}

/** Returns the reason for each refused reference. A single refused reference is enough to refuse the whole push. */
function findPushRefusals(
  context: ForgeContext,
  repository: RepositoryRow,
  caller: Caller,
  commands: readonly PushCommand[],
): Map<string, string> {
  const checkedOut = listCheckedOutBranches(repository.git_dir, repository.bare);
  const reasons = new Map<string, string>();
  for (const command of commands) {
    const branch = /^refs\/heads\/(.+)$/.exec(command.ref)?.[1];
    const reason =
      branch === undefined
        ? 'this forge accepts only branches, not tags or other references'
        : findCommandRefusal(context, repository, caller, command, branch, checkedOut);
    if (reason !== undefined) reasons.set(command.ref, reason);
  }
  return reasons;
}

function findCommandRefusal(
  context: ForgeContext,
  repository: RepositoryRow,
  caller: Caller,
  { before, after }: PushCommand,
  branch: string,
  checkedOut: ReadonlySet<string>,
): string | undefined {
  // Also protects files outside the folder of references, because a lock file is looked up by the name of the branch.
  if (!branchSchema.safeParse(branch).success) return 'this forge does not accept this branch name';
  if (caller.branch !== undefined && caller.branch !== branch) {
    return `this token may push to ${caller.branch} only`;
  }
  if (checkedOut.has(branch)) return 'the branch is checked out in a work tree';
  if (after === ZERO_SHA) return findBranchWriteViolation(context, repository, branch, 'delete');
  const write = before === ZERO_SHA ? 'create' : 'update';
  return findBranchWriteViolation(context, repository, branch, write);
}

/**
 * Reads the head of a push. `bytes` are all bytes read so far, possibly with pack data. `head` undefined: malformed or too
 * long.
 */
async function readPushHead(
  body: Readable,
): Promise<{ readonly bytes: Buffer; readonly head: PushHead | undefined }> {
  let bytes = EMPTY;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    const head = parsePushHead(bytes);
    if (head === 'malformed' || bytes.length > MAX_HEAD_BYTES) break;
    if (head !== 'incomplete') return { bytes, head };
  }
  return { bytes, head: undefined };
}

function openDecodedBody({ incoming }: HttpBindings): Readable {
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== 'gzip' && encoding !== 'x-gzip') return incoming;
  const unzip = createGunzip();
  incoming.on('error', (error) => unzip.destroy(error));
  return incoming.pipe(unzip);
}
