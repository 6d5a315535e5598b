import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FaultSettings } from '../../../local/forge/fault.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';

// How a test speaks to a platform that runs in another process: by the command line, the HTTP interface and the forge's
// own interface.

export type EndpointAnswer = { readonly status: number; readonly body: unknown };
export type CliResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed; throws when it is none. */
  json<S extends z.ZodType>(schema: S): z.output<S>;
};
export type CliOptions = {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another exit code fails the test; default: any will do. */
  readonly expectedExit?: number;
};

export type PlatformEndpoints = {
  readonly workspace: TestWorkspace;
  readonly url: string;
  /** The real command, from the checkout, signed in as the laptop's own. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** The same, still running. */
  startCli(args: readonly string[], options?: CliOptions): StartedProcess;
  /** Calls the HTTP interface; `token` undefined: the laptop's own, null: none. */
  api(method: string, path: string, body?: unknown, token?: string | null): Promise<EndpointAnswer>;
  /** Calls the forge, as its admin unless a person's token is given. */
  forge(method: string, path: string, body?: unknown, token?: string): Promise<EndpointAnswer>;
  /** Every page of a list of the forge. */
  forgeList<S extends z.ZodType>(path: string, item: S): Promise<z.output<S>[]>;
  setFaults(settings: FaultSettings): Promise<void>;
  /** Where the forge sends its webhooks from now on, signed as before. */
  sendWebhooksTo(url: string): Promise<void>;
  /** A token of a person at the forge. */
  person(login: string, permission?: 'read' | 'write'): Promise<string>;
  /** Tokens are made anew by each start. */
  readTokens(): Promise<void>;
};

const cliFile = z.object({ token: z.string() });
const keyFile = z.object({ forgeToken: z.string(), webhookSecret: z.string() });
const PAGE_SIZE = 100;

export function createPlatformEndpoints(ground: TestWorkspace): PlatformEndpoints {
  const url = `http://localhost:${ground.ports.api}`;
  const forgeUrl = `http://127.0.0.1:${ground.ports.forge}`;
  const tokens = { api: '', forge: '', webhook: '' };

  function startCli(args: readonly string[], options: CliOptions = {}): StartedProcess {
    return ground.start('cli/bin.mjs', args, {
      cwd: options.cwd ?? ground.path,
      input: options.input ?? '',
      env: { SMOL_GANG_URL: url, SMOL_GANG_TOKEN: tokens.api, ...options.env },
    });
  }

  async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const started = startCli(args, options);
    const code = await started.exit;
    const [stdout, stderr] = [started.stdout(), started.stderr()];
    if (options.expectedExit !== undefined && code !== options.expectedExit) {
      const what = `smol-gang ${args.join(' ')} ended with ${code}, not ${options.expectedExit}`;
      throw new Error(`${what}\n${stdout}\n${stderr}`);
    }
    return { code, stdout, stderr, json: (schema) => schema.parse(JSON.parse(stdout)) };
  }

  const forge: PlatformEndpoints['forge'] = (method, path, body, token = tokens.forge) =>
    sendRequest(forgeUrl + path, method, body, token);

  return {
    workspace: ground,
    url,
    cli,
    startCli,
    forge,
    api: (method, path, body, token = tokens.api) => sendRequest(url + path, method, body, token),
    forgeList: (path, item) => readPages(forge, path, item),
    async setFaults(settings) {
      const { status, body } = await forge('POST', '/_forge/faults', settings);
      if (status !== 204) throw new Error(JSON.stringify(body));
    },
    async sendWebhooksTo(target) {
      const secret = tokens.webhook;
      const { status, body } = await forge('PUT', '/_forge/webhook', { url: target, secret });
      if (status !== 204) throw new Error(JSON.stringify(body));
    },
    async person(login, permission = 'write') {
      const { body } = await forge('POST', '/_forge/users', { login, permission });
      return z.object({ token: z.string() }).parse(body).token;
    },
    async readTokens() {
      tokens.api = cliFile.parse(await readJson(ground, 'cli.json')).token;
      const keys = keyFile.parse(await readJson(ground, 'keys.json'));
      tokens.forge = keys.forgeToken;
      tokens.webhook = keys.webhookSecret;
    },
  };
}

async function readJson(ground: TestWorkspace, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(ground.dataDir, name), 'utf8'));
}

async function readPages<S extends z.ZodType>(
  forge: PlatformEndpoints['forge'],
  path: string,
  item: S,
): Promise<z.output<S>[]> {
  const all: z.output<S>[] = [];
  const sign = path.includes('?') ? '&' : '?';
  for (let page = 1; ; page += 1) {
    const { status, body } = await forge('GET', `${path}${sign}per_page=${PAGE_SIZE}&page=${page}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    const items = z.array(item).parse(body);
    all.push(...items);
    if (items.length < PAGE_SIZE) return all;
  }
}

async function sendRequest(
  url: string,
  method: string,
  body: unknown,
  token: string | null,
): Promise<EndpointAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : parseBody(text) };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
