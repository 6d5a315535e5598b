import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import { listUsers } from './user.ts';

// The set of accounts that count as admins, in one item, so that concurrent removals cannot remove the last admin. Every account in
// the set has the role admin: a role is lowered only after its account left the set, and raised before its account enters the set.

type AdminDeps = Pick<AccessDeps, 'table'>;

const adminsSchema = z.object({ v: z.number(), ids: z.array(z.string()) });
/** Accounts of the admins; `v` changes with every write. */
export type AdminSet = z.infer<typeof adminsSchema>;

/** Loads the set of admins. Creates a missing set from the roles of all users. */
export async function loadAdmins(deps: AdminDeps): Promise<AdminSet> {
  const stored = await deps.table.get(KEY.admins());
  if (stored !== undefined) return adminsSchema.parse(stored);
  const users = await listUsers(deps);
  const ids = users.filter(({ role }) => role === 'admin').map(({ account }) => account);
  const admins = { v: 1, ids };
  if (await deps.table.put({ ...KEY.admins(), ...admins }, ITEM_IS_ABSENT)) return admins;
  return loadAdmins(deps);
}

/** Adds an account to the set. Returns false if the set has changed since `admins` was loaded. */
export function addAdmin(deps: AdminDeps, admins: AdminSet, account: string): Promise<boolean> {
  const ids = admins.ids.includes(account) ? admins.ids : [...admins.ids, account];
  return writeAdmins(deps, admins, ids);
}

/**
 * Removes an account from the set. Returns false if the set has changed since `admins` was loaded. Writes the set even without the
 * account, so that a concurrent addition of the account fails.
 *
 * @throws AppError `last_admin` if no other account is in the set
 */
export async function withdrawAdmin(
  deps: AdminDeps,
  admins: AdminSet,
  account: string,
): Promise<boolean> {
  const ids = admins.ids.filter((id) => id !== account);
  if (ids.length > 0) return writeAdmins(deps, admins, ids);
  throw new AppError(
    'conflict',
    'last_admin',
    'this is the last admin; give another user the role admin first',
  );
}

async function writeAdmins(
  deps: AdminDeps,
  { v }: AdminSet,
  ids: readonly string[],
): Promise<boolean> {
  const set = { v: v + 1, ids };
  const isUnchanged = [{ attribute: 'v', equals: v }];
  return (await deps.table.update(KEY.admins(), { set }, isUnchanged)) !== undefined;
}
