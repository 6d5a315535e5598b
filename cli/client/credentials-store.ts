import { chmod, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Session } from '../../core/contract/access.ts';
import { sessionSchema } from '../../core/contract/access.ts';
import { CliError, createUsageError, EXIT } from '../cli-error.ts';
import type { Environment } from '../host.ts';

// Where the command line keeps who is signed in: one file of mode 600, an entry per URL. A laptop platform leaves a second
// kind of file in its data directory, so that on the same machine nobody has to sign in.

export const DEFAULT_URL = 'http://localhost:3000';

const storeSchema = z.object({
  /** The URL that was signed in to last. */
  current: z.string().optional(),
  sessions: z.record(z.string(), sessionSchema).default({}),
});
type CredentialsStore = z.infer<typeof storeSchema>;

const laptopFileSchema = z.object({ url: z.url(), token: z.string().min(1).max(4_000) });
export type LaptopFile = z.infer<typeof laptopFileSchema> & {
  readonly path: string;
  readonly writtenAt: number;
};

export function getCredentialsPath(env: Environment, home: string): string {
  const base = env.XDG_CONFIG_HOME;
  const folder = base?.startsWith('/') ? base : join(home, '.config');
  return join(folder, 'smol-gang', 'credentials.json');
}

export async function readCredentialsStore(path: string): Promise<CredentialsStore> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { sessions: {} };
  const parsed = storeSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CliError(EXIT.failed, 'bad_credentials_file', `${path} is damaged`, {
    advice: 'delete it and sign in again with `smol-gang login`',
  });
}

/** Written beside and renamed over, so that a reader never sees half of it; readable by its owner only. */
async function writeCredentialsStore(path: string, store: CredentialsStore): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(store, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

export async function saveSession(path: string, url: string, session: Session): Promise<void> {
  const store = await readCredentialsStore(path);
  await writeCredentialsStore(path, {
    current: url,
    sessions: { ...store.sessions, [url]: session },
  });
}

/** Keeps a renewed session of a URL without making that URL the one in use. */
export async function updateSession(path: string, url: string, session: Session): Promise<void> {
  const store = await readCredentialsStore(path);
  await writeCredentialsStore(path, { ...store, sessions: { ...store.sessions, [url]: session } });
}

/** Whether there was one. */
export async function dropSession(path: string, url: string): Promise<boolean> {
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

/** Of `make dev` and of `make demo`. */
const LAPTOP_FILES = [
  join('.smol-gang', 'cli.json'),
  join('.smol-gang', 'demo', 'cli.json'),
] as const;

/** The files that laptop platforms left in `folder`, or else in the nearest one above it; the last written first. */
export async function findLaptopFiles(folder: string): Promise<LaptopFile[]> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const read = await Promise.all(LAPTOP_FILES.map((name) => readLaptopFile(join(at, name))));
    const found = read.filter((file) => file !== undefined);
    if (found.length > 0) return found.toSorted((a, b) => b.writtenAt - a.writtenAt);
    if (dirname(at) === at) return [];
  }
}

/**
 * A repository could carry such a file to send prompts elsewhere. So it counts only if it is the user's own, closed to
 * others (git cannot say that of a file), and points to this machine.
 */
export async function readLaptopFile(path: string): Promise<LaptopFile | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || !facts.isFile() || (facts.mode & 0o077) !== 0) return undefined;
  if (process.getuid !== undefined && facts.uid !== process.getuid()) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  const parsed = laptopFileSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const url = normaliseUrl(parsed.data.url);
  if (!isLoopbackUrl(url)) return undefined;
  return { ...parsed.data, url, path, writtenAt: facts.mtimeMs };
}

export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Scheme, host, port and path, without a slash at the end. */
export function normaliseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw createUsageError(`"${text}" is not an http(s) URL`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
