import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FaultSettings } from '../../../local/forge/fault.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';

// Access of a test to a platform in another process: through the command, the HTTP API and the API of the forge.

/** HTTP response with its parsed body. */
export type EndpointAnswer = { readonly status: number; readonly body: unknown };
/** Result of a finished `smol-gang` command. */
export type CliResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Parses the output of `--json`; throws when the output does not match the schema. */
  json<S extends z.ZodType>(schema: S): z.output<S>;
};
/** Options of a `smol-gang` command; `cwd` defaults to the workspace. */
export type CliOptions = {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit code that the command must have; absent: the command may have any exit code. */
  readonly expectedExit?: number;
};

/** Interfaces of a running platform. */
export type PlatformEndpoints = {
  readonly workspace: TestWorkspace;
  readonly url: string;
  /** Runs the command from this checkout with the token of the laptop platform. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts the command without waiting for its exit. */
  startCli(args: readonly string[], options?: CliOptions): StartedProcess;
  /** Calls the HTTP API. `token` defaults to the token of the laptop platform; null: sends no token. */
  api(method: string, path: string, body?: unknown, token?: string | null): Promise<EndpointAnswer>;
  /** Calls the forge. `token` defaults to the token of the admin. */
  forge(method: string, path: string, body?: unknown, token?: string): Promise<EndpointAnswer>;
  /** Reads all pages of a list of the forge. */
  forgeList<S extends z.ZodType>(path: string, item: S): Promise<z.output<S>[]>;
  setFaults(settings: FaultSettings): Promise<void>;
  /** Changes the target of the forge's webhooks; their signature stays the same. */
  sendWebhooksTo(url: string): Promise<void>;
  /** Creates an account at the forge and returns its token. Default permission: write. */
  createPerson(login: string, permission?: 'read' | 'write'): Promise<string>;
  /** Reads the tokens from the data folder. Call after each start of the platform, because a start may replace tokens. */
  readTokens(): Promise<void>;
};

const cliFile = z.object({ token: z.string() });
const keyFile = z.object({ forgeToken: z.string(), webhookSecret: z.string() });
const PAGE_SIZE = 100;

export function createPlatformEndpoints(workspace: TestWorkspace): PlatformEndpoints {
  const url = `http://localhost:${workspace.ports.api}`;
  const forgeUrl = `http://127.0.0.1:${workspace.ports.forge}`;
  const tokens = { api: '', forge: '', webhook: '' };

  function startCli(args: readonly string[], options: CliOptions = {}): StartedProcess {
    return workspace.start('cli/bin.mjs', args, {
      cwd: options.cwd ?? workspace.path,
      input: options.input ?? '',
      env: { SMOL_GANG_URL: url, SMOL_GANG_TOKEN: tokens.api, ...options.env },
    });
  }

  async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const started = startCli(args, options);
    const code = await started.exit;
    const [stdout, stderr] = [started.stdout(), started.stderr()];
    if (options.expectedExit !== undefined && code !== options.expectedExit) {
      const problem = `smol-gang ${args.join(' ')} exited with ${code} instead of ${options.expectedExit}`;
      throw new Error(`${problem}\n${stdout}\n${stderr}`);
    }
    return { code, stdout, stderr, json: (schema) => schema.parse(JSON.parse(stdout)) };
  }

  const forge: PlatformEndpoints['forge'] = (method, path, body, token = tokens.forge) =>
    sendRequest(forgeUrl + path, method, body, token);

  return {
    workspace,
    url,
    cli,
    startCli,
    forge,
    api: (method, path, body, token = tokens.api) => sendRequest(url + path, method, body, token),
    forgeList: (path, item) => readPages(forge, path, item),
    async setFaults(settings) {
      const { status, body } = await forge('POST', '/_forge/faults', settings);
      if (status !== 204)
        throw new Error(`the forge refused the faults with ${status}: ${JSON.stringify(body)}`);
    },
    async sendWebhooksTo(target) {
      const secret = tokens.webhook;
      const { status, body } = await forge('PUT', '/_forge/webhook', { url: target, secret });
      if (status !== 204)
        throw new Error(`the forge refused the webhook with ${status}: ${JSON.stringify(body)}`);
    },
    async createPerson(login, permission = 'write') {
      const { body } = await forge('POST', '/_forge/users', { login, permission });
      return z.object({ token: z.string() }).parse(body).token;
    },
    async readTokens() {
      tokens.api = cliFile.parse(await readJson(workspace, 'cli.json')).token;
      const keys = keyFile.parse(await readJson(workspace, 'keys.json'));
      tokens.forge = keys.forgeToken;
      tokens.webhook = keys.webhookSecret;
    },
  };
}

async function readJson(workspace: TestWorkspace, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(workspace.dataDir, name), 'utf8'));
}

async function readPages<S extends z.ZodType>(
  forge: PlatformEndpoints['forge'],
  path: string,
  item: S,
): Promise<z.output<S>[]> {
  const collected: z.output<S>[] = [];
  const separator = path.includes('?') ? '&' : '?';
  for (let page = 1; ; page += 1) {
    const { status, body } = await forge(
      'GET',
      `${path}${separator}per_page=${PAGE_SIZE}&page=${page}`,
    );
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    const items = z.array(item).parse(body);
    collected.push(...items);
    if (items.length < PAGE_SIZE) return collected;
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
