import type { ChildProcess } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  AgentCapabilities,
  ClientConnection,
  ContentBlock,
  InitializeRequest,
  LoadSessionRequest,
  SessionUpdate,
  StopReason,
} from '@agentclientprotocol/sdk';
import { client, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import { describeError } from '../../../core/base/describe-error.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { killProcessGroup } from '../host/process-table.ts';
import { computeParkEnd } from '../model/judge-provider-reply.ts';
import type { AgentExit } from './agent-exit.ts';
import type { AgentQuestion } from './agent-question.ts';
import { askSchema, readAskRequest, readElicitation } from './agent-question.ts';
import type { AgentDefinition } from './agent-table.ts';
import { answerPermission } from './answer-permission.ts';

// The bridge as an ACP client: initialises the agent, answers its requests, and passes on its updates.

/** Agent process, folders and callbacks of an ACP session. */
export type AcpSessionOptions = {
  readonly agentDefinition: AgentDefinition;
  /** Process of the agent, already started, with pipes for the standard streams. */
  readonly child: ChildProcess;
  readonly agentExit: AgentExit;
  /** Absolute path of the working directory of the agent. */
  readonly workspace: string;
  /** Folders that tool calls may use; the workspace first. */
  readonly folders: readonly string[];
  readonly onUpdate: (update: SessionUpdate) => void;
  /** Asks people a question. Resolves with the answer of a person, or with the default of the question. */
  readonly askPeople: (question: AgentQuestion) => Promise<string>;
  /** Time after which a question gets its default, milliseconds. */
  readonly questionTimeoutMs: number;
};

const START_TIMEOUT_MS = 60_000;
/** Longest wait for the exit of an agent whose connection is closed, milliseconds. */
const EXIT_WAIT_MS = 2_000;
/** Time between the request to exit and SIGKILL, milliseconds. */
const CLOSE_GRACE_MS = 300;

/** Session that was opened. */
export type OpenedSession = {
  readonly sessionId: string;
  /** Whether the agent knows the conversation of the earlier session. */
  readonly isResumed: boolean;
};

/** Session with one agent. `open` and `prompt` reject with an AttemptFailure when the agent fails or exits. */
export type AcpSession = {
  /**
   * Opens the ACP session: resumes `previousSession` if the agent supports this, and creates a session otherwise. The workspace must be
   * ready.
   */
  open(previousSession: string | undefined): Promise<OpenedSession>;
  /** Sends a prompt. Resolves with the stop reason at the end of the turn. */
  prompt(text: string): Promise<StopReason>;
  /** Cancels the turn in progress. */
  cancel(): Promise<void>;
  /** Asks the agent to exit, and kills the agent after a grace period. */
  close(): Promise<void>;
};

const INITIALIZE_REQUEST: InitializeRequest = {
  protocolVersion: PROTOCOL_VERSION,
  clientInfo: { name: 'smol-gang-bridge', version: '1' },
  clientCapabilities: {
    // The agent accesses files itself. The bridge must not do so for the agent: after the bridge has checked a path, the agent could
    // replace a folder by a link and reach other files with the rights of the bridge.
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    elicitation: { form: {} },
  },
};

/** Connects to a started agent and initialises the protocol. */
export async function startAcpSession(options: AcpSessionOptions): Promise<AcpSession> {
  const { agentExit, workspace } = options;
  let isReplaying = false;
  const connection = connectClient(options, (update) => {
    // An agent that loads a session sends all its earlier updates again, which the transcript already contains.
    if (!isReplaying) options.onUpdate(update);
  });
  const { agent } = connection;
  const waitForAgent = <T>(request: Promise<T>, timeoutMs?: number): Promise<T> => {
    const answer = request.catch((error: unknown) =>
      rejectWithCause(error, agentExit.failure, connection),
    );
    const timeout = timeoutMs ? [rejectAfter(timeoutMs)] : [];
    return Promise.race([answer, agentExit.failure, ...timeout]);
  };
  const { agentCapabilities } = await waitForAgent(
    agent.request(methods.agent.initialize, INITIALIZE_REQUEST),
    START_TIMEOUT_MS,
  );
  const reopenSession = async (id: string): Promise<boolean> => {
    const request = { sessionId: id, cwd: workspace, mcpServers: [] };
    const reopening = requestReopening(agent, agentCapabilities, request);
    if (!reopening) return false;
    isReplaying = true;
    // After a failure, a new session follows. If the agent has exited, the creation of that session reports the exit.
    const reopened = waitForAgent(reopening, START_TIMEOUT_MS);
    const isReopened = await reopened.then(() => true).catch(() => false);
    isReplaying = false;
    return isReopened;
  };
  let sessionId = '';
  return {
    open: async (previousSession) => {
      const { authMethodId, sessionMode } = options.agentDefinition;
      if (authMethodId) {
        const request = agent.request(methods.agent.authenticate, { methodId: authMethodId });
        await waitForAgent(request, START_TIMEOUT_MS);
      }
      const isResumed = previousSession !== undefined && (await reopenSession(previousSession));
      sessionId = isResumed
        ? previousSession
        : await waitForAgent(createSession(agent, workspace), START_TIMEOUT_MS);
      if (sessionMode)
        await waitForAgent(
          agent.request(methods.agent.session.setMode, { sessionId, modeId: sessionMode }),
        );
      return { sessionId, isResumed };
    },
    prompt: async (text) => {
      const prompt: ContentBlock[] = [{ type: 'text', text }];
      const turn = agent.request(methods.agent.session.prompt, { sessionId, prompt });
      return (await waitForAgent(turn)).stopReason;
    },
    cancel: () => agent.notify(methods.agent.session.cancel, { sessionId }),
    close: () => closeAgent(options.child, connection, agentExit.done),
  };
}

/** Creates a session. Returns its id. */
async function createSession(agent: ClientConnection['agent'], cwd: string): Promise<string> {
  const created = await agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
  return created.sessionId;
}

/** Asks the agent to resume or load a session. Returns undefined if the agent announced neither ability. */
function requestReopening(
  agent: ClientConnection['agent'],
  capabilities: AgentCapabilities | undefined,
  request: LoadSessionRequest,
): Promise<unknown> | undefined {
  if (capabilities?.sessionCapabilities?.resume)
    return agent.request(methods.agent.session.resume, request);
  if (capabilities?.loadSession) return agent.request(methods.agent.session.load, request);
  return undefined;
}

function connectClient(
  options: AcpSessionOptions,
  onUpdate: (update: SessionUpdate) => void,
): ClientConnection {
  const { child } = options;
  if (!child.stdin || !child.stdout) {
    const message = 'the agent process was started without pipes for standard input and output';
    throw new AttemptFailure('agent', message);
  }
  const app = client({ name: 'smol-gang-bridge' })
    .onRequest(methods.client.session.requestPermission, ({ params }) =>
      answerPermission(params, options.folders),
    )
    .onNotification(methods.client.session.update, ({ params }) => onUpdate(params.update))
    .onRequest(methods.client.elicitation.create, async ({ params }) => {
      const question = readElicitation(params, Date.now(), options.questionTimeoutMs);
      if (!question) return { action: 'decline' as const };
      const answer = await options.askPeople(question);
      return { action: 'accept' as const, content: question.formatAnswer(answer) };
    })
    .onRequest('_smol/ask', askSchema, async ({ params }) => {
      const question = readAskRequest(params, Date.now(), options.questionTimeoutMs);
      return question.formatAnswer(await options.askPeople(question));
    });
  return app.connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)));
}

/**
 * Rejects with the cause of a failed request. If the connection is closed, the agent is probably exiting. The function then waits for
 * the exit, because the failure of the exit explains more than the closed connection.
 */
async function rejectWithCause(
  error: unknown,
  exitFailure: Promise<never>,
  connection: ClientConnection,
): Promise<never> {
  if (connection.signal.aborted) {
    await Promise.race([exitFailure, delay(EXIT_WAIT_MS, undefined, { ref: false })]);
  }
  throw findModelFailure(error) ?? createAgentFailure(error);
}

function createAgentFailure(error: unknown): AttemptFailure {
  const message = `the agent answered a request with an error: ${describeError(error)}`;
  return new AttemptFailure('agent', message, { cause: error });
}

/** Error with which the built-in agent reports a failure of the model. */
const modelErrorSchema = z.object({
  data: z.object({
    source: z.literal('model'),
    problem: z.enum(['payment', 'quota', 'rate_limit', 'key', 'busy']),
    retryAfterMs: z.number().nonnegative().optional(),
  }),
});

/** Returns a failure that parks the task, if the model endpoint has failed; undefined for other errors, such as a rejected request. */
function findModelFailure(error: unknown): AttemptFailure | undefined {
  const parsed = modelErrorSchema.safeParse(error);
  if (!parsed.success) return undefined;
  const { problem, retryAfterMs } = parsed.data.data;
  const until = computeParkEnd(problem, retryAfterMs, Date.now());
  return new AttemptFailure('provider', describeError(error), { until, cause: error });
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const message = `the agent did not answer a request within ${ms / 1_000} s`;
    setTimeout(() => reject(new AttemptFailure('agent', message)), ms).unref();
  });
}

/** Closes standard input, which asks the agent to exit, and kills the agent after a grace period. */
async function closeAgent(
  child: ChildProcess,
  connection: ClientConnection,
  agentExited: Promise<string>,
) {
  child.stdin?.end();
  await Promise.race([agentExited, delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
  killProcessGroup(child);
  connection.close();
}
