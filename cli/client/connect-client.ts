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
import type { ClientSetting } from './read-client-settings.ts';
import { readClientSettings } from './read-client-settings.ts';
import type { Credential } from './signer.ts';

const CHECKOUT_FOLDER = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The platform to call, and the credentials for it. */
export type Connection = {
  readonly url: string;
  /** Where the URL comes from, for --verbose. */
  readonly urlSource: string;
  readonly credentials: readonly Credential[];
};

/**
 * Finds the platform and the credentials. The URL is the first of: --url, SMOL_GANG_URL (environment or `.env`), the file of a
 * laptop platform in this folder or above, the last sign-in, the laptop platform of this checkout, the default. The credential
 * is SMOL_GANG_TOKEN alone or else, in this order, the sign-in for the URL and the tokens of laptop platforms at the URL.
 */
export async function findConnection(host: Host, urlOption?: string): Promise<Connection> {
  const store = await readCredentialsStore(getCredentialsPath(host.env, host.home));
  const nearbyFiles = await findLaptopFiles(host.cwd);
  const checkoutFiles = await findLaptopFiles(CHECKOUT_FOLDER);
  const settings = await readClientSettings(host, CHECKOUT_FOLDER);
  const chosen = chooseUrl(urlOption, settings.SMOL_GANG_URL, {
    nearby: nearbyFiles[0]?.url,
    lastSignIn: store.current,
    checkout: checkoutFiles[0]?.url,
  });
  const url = normaliseUrl(chosen.url);
  const token = settings.SMOL_GANG_TOKEN;
  if (token !== undefined) {
    // The user chose this token on purpose: another credential must not replace a refused token.
    return {
      url,
      urlSource: chosen.source,
      credentials: [{ kind: 'token', token: token.value, source: token.source }],
    };
  }
  const credentials: Credential[] = [];
  const session = store.sessions[url];
  if (session !== undefined) {
    credentials.push({ kind: 'session', session, source: `the sign-in of ${session.user.email}` });
  }
  for (const file of [...nearbyFiles, ...checkoutFiles]) {
    if (file.url !== url) continue;
    credentials.push({ kind: 'token', token: file.token, source: file.path });
  }
  return { url, urlSource: chosen.source, credentials };
}

function chooseUrl(
  option: string | undefined,
  setting: ClientSetting | undefined,
  urls: {
    readonly nearby: string | undefined;
    readonly lastSignIn: string | undefined;
    readonly checkout: string | undefined;
  },
): { readonly url: string; readonly source: string } {
  const choices: readonly (readonly [string | undefined, string])[] = [
    [option, '--url'],
    [setting?.value, setting?.source ?? ''],
    [urls.nearby, 'a laptop platform in this folder or above'],
    [urls.lastSignIn, 'the last sign-in'],
    [urls.checkout, 'the laptop platform of the smol-gang checkout'],
  ];
  for (const [url, source] of choices) {
    if (url !== undefined && url !== '') return { url, source };
  }
  return { url: DEFAULT_URL, source: 'the default' };
}

/** Options of a connection. */
export type ConnectOptions = {
  /** Value of --url. */
  readonly url?: string | undefined;
  readonly printNote: (text: string) => void;
  readonly printVerbose: (text: string) => void;
};

/** Finds the platform and the credentials, and creates a client that uses them. */
export async function connectClient(host: Host, options: ConnectOptions): Promise<Client> {
  const connection = await findConnection(host, options.url);
  const { url, credentials } = connection;
  const path = getCredentialsPath(host.env, host.home);
  options.printVerbose(`${url}, from ${connection.urlSource}`);
  options.printVerbose(`credential: ${credentials[0]?.source ?? 'none'}`);
  if (url.startsWith('http:') && !isLoopbackUrl(url) && credentials.length > 0) {
    options.printNote(
      `the connection to ${url} is not encrypted: anyone who can read the traffic can act as you`,
    );
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
