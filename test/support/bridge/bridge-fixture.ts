import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentCapabilities } from '@agentclientprotocol/sdk';
import type { Assignment, AttemptResult, Credentials } from '../../../core/contract/attempt.ts';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { ScriptedModel } from '../model/scripted-model.ts';
import { startScriptedModel } from '../model/scripted-model.ts';
import { commitFiles, initRepository, makeTemporaryDirectory, runGit } from '../workspace/git.ts';
import type { AgentScript, AgentStep } from './agent-script.ts';
import type { CallbackServer } from './callback-server.ts';
import { startCallbackServer } from './callback-server.ts';
import type { GitRemote } from './git-remote.ts';
import { startGitRemote } from './git-remote.ts';

// The environment in which a bridge is tested: a git server, a control plane, a model endpoint and an agent. All of them are real
// servers and processes, and each test scripts their behaviour.

const BRIDGE_PROGRAM = fileURLToPath(new URL('../../../agent/bridge/main.ts', import.meta.url));
const AGENT_PROGRAM = fileURLToPath(new URL('./scripted-agent.ts', import.meta.url));

export const ATTEMPT_ID = 'p0123456789.r1.add-login.1';
export const ROOT_BRANCH = 'smol-gang/p0123456789-r1/root';
export const ATTEMPT_BRANCH = 'smol-gang/p0123456789-r1/a/add-login-1';
export const SECRETS = {
  attempt: 'attempt-token-canary-4f1c',
  git: 'git-password-canary-9a2e',
  model: 'sk-model-key-canary-77b0',
};

/** The secrets in plain form, and the git password in the base64 form that git sends. */
const SECRET_FORMS = [
  ...Object.values(SECRETS),
  Buffer.from(`x-access-token:${SECRETS.git}`).toString('base64'),
];

/** Returns the secrets that a text contains, in plain or base64 form. */
export function findLeakedSecrets(text: string): string[] {
  return SECRET_FORMS.filter((secret) => text.includes(secret));
}

/** Exit of a bridge process. */
export type BridgeExit = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
};

/** Test environment of one bridge. */
export type BridgeFixture = {
  /** Temporary directory of the test; `close` removes the directory. */
  readonly directory: string;
  /** Folder of the attempt, inside `directory`. */
  readonly workDir: string;
  /** Git server with the repository of the attempt. */
  readonly remote: GitRemote;
  /** Model endpoint. */
  readonly model: ScriptedModel;
  /** Control plane; available after `startBridge`. */
  readonly controlPlane: CallbackServer;
  readonly assignment: Assignment;
  readonly credentials: Credentials;
  /** Path of a repository in which tests prepare the commits that they push to `remote`. */
  readonly seedRepository: string;
  /** Commits files to the root branch and pushes the commit; null deletes a file. Returns the commit id. */
  pushToRootBranch(files: Record<string, string | null>): Promise<string>;
  /**
   * Starts the control plane and the bridge with an agent that plays the turns.
   *
   * @param env variables that override the variables of the bridge
   * @param capabilities what the agent announces; default: nothing
   */
  startBridge(
    turns: AgentStep[][],
    env?: Record<string, string>,
    capabilities?: AgentCapabilities,
  ): Promise<RunningBridge>;
  /** Reads the notes that the agent has written so far. */
  readNotes(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
};

/** Running bridge process. */
export type RunningBridge = {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has exited. */
  readonly ended: Promise<BridgeExit>;
};

/** Starts the test environment; `files` are the contents of the root branch, by path. */
export async function setUpBridgeFixture(files: Record<string, string>): Promise<BridgeFixture> {
  const temporary = await makeTemporaryDirectory('smol-bridge');
  const directory = temporary.path;
  const remote = await startGitRemote(directory, SECRETS.git);
  const model = await startScriptedModel();
  const seedRepository = join(directory, 'seed');
  await initRepository(seedRepository, 'main');
  const pushToRootBranch = async (changes: Record<string, string | null>) => {
    const commit = await commitFiles(seedRepository, changes, 'Change the root branch');
    const refspec = `${commit}:refs/heads/${ROOT_BRANCH}`;
    await runGit(seedRepository, ['push', '--quiet', remote.directory, refspec]);
    return commit;
  };
  const firstCommit = await pushToRootBranch(files);
  const bridges: RunningBridge[] = [];
  let controlPlane: CallbackServer | undefined;
  const workDir = join(directory, 'work');
  const notesFile = join(directory, 'notes.jsonl');
  const fixture: BridgeFixture = {
    directory,
    workDir,
    remote,
    model,
    get controlPlane() {
      if (!controlPlane) throw new Error('no bridge was started yet; call startBridge first');
      return controlPlane;
    },
    assignment: createAssignment(remote.url, firstCommit),
    credentials: {
      git: { username: 'x-access-token', password: SECRETS.git, expiresAt: Date.now() + 3_600_000 },
      model: { baseUrl: model.url, apiKey: SECRETS.model, model: 'scripted' },
    },
    seedRepository,
    pushToRootBranch,
    startBridge: async (turns, env = {}, capabilities = {}) => {
      const { assignment, credentials } = fixture;
      controlPlane = await startCallbackServer({ assignment, credentials, token: SECRETS.attempt });
      const script: AgentScript = { turns, capabilities };
      await writeFile(join(directory, 'script.json'), JSON.stringify(script));
      const command = [process.execPath, AGENT_PROGRAM, join(directory, 'script.json'), notesFile];
      const bridge = spawnBridge({
        ...createBridgeVariables(controlPlane.url, workDir, command),
        ...env,
      });
      bridges.push(bridge);
      return bridge;
    },
    readNotes: () => readJsonLines(notesFile),
    close: async () => {
      for (const bridge of bridges) bridge.kill('SIGKILL');
      await Promise.all(bridges.map((bridge) => bridge.ended));
      await Promise.all([remote.close(), model.close(), controlPlane?.close()]);
      await temporary.remove();
    },
  };
  await mkdir(directory, { recursive: true });
  return fixture;
}

function createBridgeVariables(
  apiUrl: string,
  workDir: string,
  agentCommand: readonly string[],
): Record<string, string> {
  return {
    [BRIDGE_ENVIRONMENT.programPath]: process.env.PATH ?? '',
    [BRIDGE_ENVIRONMENT.apiUrl]: apiUrl,
    [BRIDGE_ENVIRONMENT.attemptId]: ATTEMPT_ID,
    [BRIDGE_ENVIRONMENT.token]: SECRETS.attempt,
    [BRIDGE_ENVIRONMENT.workDir]: workDir,
    [BRIDGE_ENVIRONMENT.agentCommand]: JSON.stringify(agentCommand),
    // Process ids that the agent notes are ids of the system.
    [BRIDGE_ENVIRONMENT.isolation]: 'processes',
  };
}

async function readJsonLines(file: string): Promise<Record<string, unknown>[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

function spawnBridge(env: Record<string, string>): RunningBridge {
  const child = spawn(process.execPath, [BRIDGE_PROGRAM], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<BridgeExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
  });
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended };
}

/** Returns the first result; throws unless the outcome is `done`. */
export function requireDoneResult(
  fixture: BridgeFixture,
): Extract<AttemptResult, { readonly outcome: 'done' }> {
  const [result] = fixture.controlPlane.results;
  if (result?.outcome !== 'done')
    throw new Error(`the first result must have the outcome done: ${JSON.stringify(result)}`);
  return result;
}

/** Returns the first result; throws unless the outcome is `failed`. */
export function requireFailedResult(
  fixture: BridgeFixture,
): Extract<AttemptResult, { readonly outcome: 'failed' }> {
  const [result] = fixture.controlPlane.results;
  if (result?.outcome !== 'failed')
    throw new Error(`the first result must have the outcome failed: ${JSON.stringify(result)}`);
  return result;
}

/** Returns the prompts that the agent has received, in order. */
export async function readPrompts(fixture: BridgeFixture): Promise<string[]> {
  const notes = await fixture.readNotes();
  return notes.map((note) => note.prompt).filter((prompt) => typeof prompt === 'string');
}

/** Returns whether a process exists and is not a zombie. */
export function isProcessRunning(pid: unknown): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function createAssignment(cloneUrl: string, rootCommit: string): Assignment {
  return {
    version: 1,
    attemptId: ATTEMPT_ID,
    kind: 'work',
    plan: { id: 'p0123456789', run: 1, title: 'Logins', purpose: 'work' },
    task: {
      id: 'add-login',
      title: 'Add the login',
      description: 'Write login.txt.',
      criteria: ['login.txt says yes'],
      scope: [],
      interactive: false,
      end: false,
    },
    repository: {
      name: 'sample',
      cloneUrl,
      start: rootCommit,
      rootBranch: ROOT_BRANCH,
      root: rootCommit,
      branch: ATTEMPT_BRANCH,
    },
    setup: [],
    verify: [['grep', '-q', 'yes', 'login.txt']],
    env: {},
    shared: [],
    foreignScopes: [],
    parents: [],
    notes: '',
    conversation: [],
    agent: { name: 'small', model: 'scripted', tier: 'auto' },
    author: { name: 'Gang', email: 'gang@example.com' },
    signOff: false,
    limits: { maxMinutes: 10, idleMinutes: 5, maxTokens: 1_000_000, maxUsd: 10, maxTurns: 100 },
    price: { input: 1, output: 2 },
    leaseMs: 60_000,
    heartbeatMs: 200,
  };
}
