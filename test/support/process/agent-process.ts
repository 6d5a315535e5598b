import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type {
  ClientContext,
  CreateElicitationRequest,
  CreateElicitationResponse,
  PromptRequest,
  RequestPermissionRequest,
  SessionUpdate,
} from '@agentclientprotocol/sdk';
import { client, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';

// The built-in agent in a separate process, and an ACP client that drives the agent over standard input and output.

const AGENT_ENTRY = fileURLToPath(new URL('../../../agent/small/main.ts', import.meta.url));

/** Running agent with an open session. `updates`, `permissions`: session updates and permission requests that the agent has sent. */
export type AgentProcess = {
  readonly child: ChildProcess;
  readonly agent: ClientContext;
  readonly sessionId: string;
  readonly updates: SessionUpdate[];
  readonly permissions: RequestPermissionRequest[];
  /** Sends a prompt and returns the stop reason. */
  prompt(text: string): Promise<string>;
  /** Closes the standard input of the agent, waits for its exit and returns the exit code. */
  endProcess(): Promise<number | null>;
};

/**
 * Options of an agent process. `permission` returns the id of the chosen option (default: `allow`). `elicit` answers questions; without
 * it, the client tells the agent that it does not support questions.
 */
export type AgentProcessOptions = {
  readonly cwd: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly model?: string;
  readonly env?: Record<string, string>;
  readonly permission?: (request: RequestPermissionRequest) => string;
  readonly elicit?: (request: CreateElicitationRequest) => CreateElicitationResponse;
};

export async function startAgentProcess(options: AgentProcessOptions): Promise<AgentProcess> {
  // The agent writes its session file below HOME, so HOME is outside the workspace whose files tests compare.
  const home = await mkdtemp(join(tmpdir(), 'agent-home-'));
  const child = spawn(process.execPath, [AGENT_ENTRY], {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      OPENAI_BASE_URL: options.baseUrl,
      OPENAI_API_KEY: options.apiKey ?? 'key',
      OPENAI_MODEL: options.model ?? 'test',
      ...options.env,
    },
  });
  const updates: SessionUpdate[] = [];
  const permissions: RequestPermissionRequest[] = [];
  const connection = client({ name: 'test' })
    .onNotification(methods.client.session.update, ({ params }) => {
      updates.push(params.update);
    })
    .onRequest(methods.client.session.requestPermission, ({ params }) => {
      permissions.push(params);
      const optionId = options.permission?.(params) ?? 'allow';
      return { outcome: { outcome: 'selected', optionId } };
    })
    .onRequest(methods.client.elicitation.create, ({ params }) => {
      return options.elicit?.(params) ?? { action: 'cancel' };
    })
    .connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)));
  const { agent } = connection;
  await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: options.elicit === undefined ? {} : { elicitation: { form: {} } },
  });
  const { sessionId } = await agent.request(methods.agent.session.new, {
    cwd: options.cwd,
    mcpServers: [],
  });
  return {
    child,
    agent,
    sessionId,
    updates,
    permissions,
    async prompt(text) {
      const request: PromptRequest = { sessionId, prompt: [{ type: 'text', text }] };
      return (await agent.request(methods.agent.session.prompt, request)).stopReason;
    },
    async endProcess() {
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        child.stdin.end();
        await exited;
      }
      await rm(home, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}
