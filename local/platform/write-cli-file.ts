import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AccessDeps } from '../../core/access/access-deps.ts';
import type { UserActor } from '../../core/access/actor.ts';
import {
  createApiToken,
  listApiTokens,
  revokeApiToken,
  verifyApiToken,
} from '../../core/access/api-token.ts';
import { requireUser } from '../../core/access/user.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import { writePrivateFile } from './platform-keys.ts';

// Writes an API token of the admin to the data folder, so that the command on this machine needs no sign-in.

const TOKEN_NAME = 'this laptop';
const TOKEN_DAYS = 30;
/** A token that expires earlier is replaced when the platform starts. */
const MIN_REMAINING_DAYS = 15;

type TokenAccess = Pick<AccessDeps, 'table' | 'clock' | 'randomBytes'>;

const cliFileSchema = z.object({ token: z.string() });

/** Writes the platform's address and a token; keeps the existing token while it is valid for at least 15 more days. */
export async function writeCliFile(
  path: string,
  url: string,
  email: string,
  access: TokenAccess,
): Promise<void> {
  const existing = await readToken(path);
  const canReuse = existing !== undefined && (await isTokenReusable(access, existing, email));
  await writePrivateFile(path, {
    url,
    token: canReuse ? existing : await renewToken(access, email),
  });
}

async function readToken(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  return cliFileSchema.safeParse(parseJson(await readFile(path, 'utf8'))).data?.token;
}

/** Returns whether `token` will be valid as a token of the admin `email` for another MIN_REMAINING_DAYS. */
async function isTokenReusable(
  access: TokenAccess,
  token: string,
  email: string,
): Promise<boolean> {
  const checkTime = access.clock.now() + MIN_REMAINING_DAYS * 86_400_000;
  const holder = await verifyApiToken(
    { table: access.table, clock: { now: () => checkTime } },
    token,
  );
  return holder?.email === email && holder.role === 'admin';
}

async function renewToken(access: TokenAccess, email: string): Promise<string> {
  const { account, role, tokenVersion } = await requireUser(access, email);
  const owner = { account, email, role, tokenVersion } as const;
  const actor: UserActor = { kind: 'user', ...owner, via: 'session', credential: 'platform' };
  for (const { id, name, createdBy } of await listApiTokens(access, actor))
    if (name === TOKEN_NAME && createdBy === email) await revokeApiToken(access, actor, id);
  return (
    await createApiToken(access, actor, { name: TOKEN_NAME, role: 'admin', days: TOKEN_DAYS })
  ).token;
}
