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
import { writePrivateFile } from './platform-keys.ts';

// On one laptop nobody has to sign in: the command line finds an admin's token in the data folder.

const TOKEN_NAME = 'this laptop';
const TOKEN_DAYS = 30;
/** One that ends sooner is replaced by the next start. */
const MIN_REMAINING_DAYS = 15;

type TokenAccess = Pick<AccessDeps, 'table' | 'clock' | 'randomBytes'>;

const cliFileSchema = z.object({ token: z.string() });

/** Says where the platform is, with the token that lies there if it is good for some time, or else a new one in its place. */
export async function writeCliFile(
  path: string,
  url: string,
  email: string,
  access: TokenAccess,
): Promise<void> {
  const kept = await readToken(path);
  const isGood = kept !== undefined && (await isTokenStillValid(access, kept, email));
  await writePrivateFile(path, { url, token: isGood ? kept : await renewToken(access, email) });
}

async function readToken(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return cliFileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).token;
  } catch {
    return undefined;
  }
}

async function isTokenStillValid(
  access: TokenAccess,
  token: string,
  email: string,
): Promise<boolean> {
  const then = access.clock.now() + MIN_REMAINING_DAYS * 86_400_000;
  const holder = await verifyApiToken({ table: access.table, clock: { now: () => then } }, token);
  return holder?.email === email && holder.role === 'admin';
}

async function renewToken(access: TokenAccess, email: string): Promise<string> {
  const actor: UserActor = { kind: 'user', email, role: 'admin', via: 'session' };
  for (const { id, name, createdBy } of await listApiTokens(access, actor))
    if (name === TOKEN_NAME && createdBy === email) await revokeApiToken(access, actor, id);
  return (
    await createApiToken(access, actor, { name: TOKEN_NAME, role: 'admin', days: TOKEN_DAYS })
  ).token;
}
