import { chmod, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/base/parse-json.ts';
import type { Session } from '../../core/contract/access.ts';
import { sessionSchema } from '../../core/contract/access.ts';
import { CliError, createUsageError, EXIT } from '../cli-error.ts';
import type { Environment } from '../host.ts';

// The command line stores its sign-ins in a file of mode 600, with an entry for each URL. A laptop platform writes another file
// (URL and token) into its data folder, so that a user on the same machine needs no sign-in.

/** URL of a platform that `make dev` starts without settings. */
export const DEFAULT_URL = 'http://localhost:3000';

const storeSchema = z.object({
  /** URL of the last sign-in, used when no other URL is given. */
  current: z.string().optional(),
  sessions: z.record(z.string(), sessionSchema).default({}),
});
type CredentialsStore = z.infer<typeof storeSchema>;

const laptopFileSchema = z.object({ url: z.url(), token: z.string().min(1).max(4_000) });
/** The file of a laptop platform: URL and token. */
export type LaptopFile = z.infer<typeof laptopFileSchema> & {
  readonly path: string;
  /** Epoch milliseconds. */
  readonly writtenAt: number;
};

/** Returns the path of the file with the sign-ins. */
export function getCredentialsPath(env: Environment, home: string): string {
  const base = env.XDG_CONFIG_HOME;
  const folder = base?.startsWith('/') ? base : join(home, '.config');
  return join(folder, 'smol-gang', 'credentials.json');
}

/**
 * Reads the stored sign-ins; a missing file is an empty store.
 *
 * @throws CliError if the file is damaged
 */
export async function readCredentialsStore(path: string): Promise<CredentialsStore> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { sessions: {} };
  const parsed = storeSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CliError(
    EXIT.failed,
    'bad_credentials_file',
    `the file with the sign-ins, ${path}, is damaged`,
    {
      advice: 'delete the file and sign in again with `smol-gang login`',
    },
  );
}

/** Writes and renames a temporary file, so that a reader never sees half a file. Only the owner can read the file. */
async function writeCredentialsStore(path: string, store: CredentialsStore): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporaryPath = `${path}.${process.pid}`;
  await writeFile(temporaryPath, `${JSON.stringify(store, null, 2)}\n`, { mode: 0o600 });
  await chmod(temporaryPath, 0o600);
  await rename(temporaryPath, path);
}

/** Stores a sign-in and makes its URL the current URL. */
export async function saveSession(path: string, url: string, session: Session): Promise<void> {
  const store = await readCredentialsStore(path);
  await writeCredentialsStore(path, {
    current: url,
    sessions: { ...store.sessions, [url]: session },
  });
}

/** Stores a renewed session. The current URL stays the same. */
export async function updateSession(path: string, url: string, session: Session): Promise<void> {
  const store = await readCredentialsStore(path);
  await writeCredentialsStore(path, { ...store, sessions: { ...store.sessions, [url]: session } });
}

/** Deletes the sign-in for a URL. Returns false if no sign-in is stored. */
export async function deleteSession(path: string, url: string): Promise<boolean> {
  const store = await readCredentialsStore(path);
  if (store.sessions[url] === undefined) return false;
  const { [url]: _, ...sessions } = store.sessions;
  if (Object.keys(sessions).length === 0) {
    await unlink(path);
    return true;
  }
  const current = store.current === url ? undefined : store.current;
  await writeCredentialsStore(path, { ...(current === undefined ? {} : { current }), sessions });
  return true;
}

/** Paths of the files that `make dev` and `make demo` write, relative to the folder in which the platform was started. */
const LAPTOP_FILES = [
  join('.smol-gang', 'cli.json'),
  join('.smol-gang', 'demo', 'cli.json'),
] as const;

/** Returns the files of laptop platforms in a folder or else in the nearest folder above, newest first. */
export async function findLaptopFiles(folder: string): Promise<LaptopFile[]> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const paths = LAPTOP_FILES.map((name) => join(current, name));
    const files = await Promise.all(paths.map(readLaptopFile));
    const trustedFiles = files.filter((file) => file !== undefined);
    if (trustedFiles.length > 0) return trustedFiles.toSorted((a, b) => b.writtenAt - a.writtenAt);
    if (dirname(current) === current) return [];
  }
}

/**
 * Reads the file of a laptop platform; undefined if the file is missing or not trusted. A cloned repository could contain
 * such a file, so that prompts go to the server of a stranger. The file is therefore trusted only if the user owns the file,
 * its mode shuts out other users (git cannot store such a mode) and its URL points to this machine.
 */
export async function readLaptopFile(path: string): Promise<LaptopFile | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || !stats.isFile() || (stats.mode & 0o077) !== 0) return undefined;
  if (process.getuid !== undefined && stats.uid !== process.getuid()) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  const parsed = laptopFileSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const url = normaliseUrl(parsed.data.url);
  if (!isLoopbackUrl(url)) return undefined;
  return { ...parsed.data, url, path, writtenAt: stats.mtimeMs };
}

/** Tells whether a URL points to this machine. */
export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Reduces a URL to scheme, host, port and path, without a slash at the end. */
export function normaliseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw createUsageError(`"${text}" is not an http(s) URL`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
