import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../host.ts';
import type { Client } from './client.ts';
import { createClient } from './client.ts';
import {
  DEFAULT_URL,
  findLaptopFiles,
  getCredentialsPath,
  isLoopbackUrl,
  normaliseUrl,
  readCredentialsStore,
  updateSession,
} from './credentials-store.ts';
import type { Credential } from './signer.ts';

const CHECKOUT_FOLDER = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type Connection = {
  readonly url: string;
  /** Why this URL: said with --verbose. */
  readonly urlSource: string;
  readonly credentials: readonly Credential[];
};

/**
 * Where to call and as whom. URL: --url, SMOL_GANG_URL, a laptop platform's file in this folder or above, the last
 * sign-in, the platform of this very checkout, the default. Token: SMOL_GANG_TOKEN, the sign-in for that URL, that file.
 */
export async function findConnection(host: Host, urlOption?: string): Promise<Connection> {
  const store = await readCredentialsStore(getCredentialsPath(host.env, host.home));
  const near = await findLaptopFiles(host.cwd);
  const own = await findLaptopFiles(CHECKOUT_FOLDER);
  const chosen = chooseUrl(host, urlOption, {
    near: near[0]?.url,
    current: store.current,
    own: own[0]?.url,
  });
  const url = normaliseUrl(chosen.url);
  const { because } = chosen;
  const token = host.env.SMOL_GANG_TOKEN;
  if (token !== undefined && token !== '') {
    // Given on purpose: when it is refused, nobody else's credential is tried in its place.
    return {
      url,
      urlSource: because,
      credentials: [{ kind: 'token', token, source: 'SMOL_GANG_TOKEN' }],
    };
  }
  const credentials: Credential[] = [];
  const session = store.sessions[url];
  if (session !== undefined) {
    credentials.push({ kind: 'session', session, source: `the sign-in of ${session.user.email}` });
  }
  for (const file of [...near, ...own]) {
    if (file.url !== url) continue;
    credentials.push({ kind: 'token', token: file.token, source: file.path });
  }
  return { url, urlSource: because, credentials };
}

function chooseUrl(
  host: Host,
  option: string | undefined,
  found: {
    readonly near?: string | undefined;
    readonly current?: string | undefined;
    readonly own?: string | undefined;
  },
): { readonly url: string; readonly because: string } {
  const choices: readonly (readonly [string | undefined, string])[] = [
    [option, '--url'],
    [host.env.SMOL_GANG_URL, 'SMOL_GANG_URL'],
    [found.near, 'a laptop platform in this folder or above'],
    [found.current, 'the last sign-in'],
    [found.own, 'the laptop platform of the smol-gang checkout'],
  ];
  for (const [url, because] of choices) {
    if (url !== undefined && url !== '') return { url, because };
  }
  return { url: DEFAULT_URL, because: 'the default' };
}

export type ConnectOptions = {
  readonly url?: string | undefined;
  readonly printNote: (text: string) => void;
  readonly printVerbose: (text: string) => void;
};

export async function connectClient(host: Host, options: ConnectOptions): Promise<Client> {
  const connection = await findConnection(host, options.url);
  const { url, credentials } = connection;
  const path = getCredentialsPath(host.env, host.home);
  options.printVerbose(`${url}, from ${connection.urlSource}`);
  options.printVerbose(`signed in with ${credentials[0]?.source ?? 'nothing'}`);
  if (url.startsWith('http:') && !isLoopbackUrl(url) && credentials.length > 0) {
    options.printNote(`${url} is not encrypted: whoever sees the traffic can act in your name`);
  }
  return createClient({
    url,
    credentials,
    saveSession: (session) => updateSession(path, url, session),
    loadSession: async () => (await readCredentialsStore(path)).sessions[url],
    onNote: options.printNote,
    now: () => host.now(),
  });
}
