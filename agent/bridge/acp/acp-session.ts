import type { ChildProcess } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  ClientConnection,
  ContentBlock,
  SessionUpdate,
  StopReason,
} from '@agentclientprotocol/sdk';
import { client, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import { describeError } from '../../../core/base/describe-error.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { killProcessGroup } from '../host/process-table.ts';
import type { AgentExit } from './agent-exit.ts';
import type { AgentQuestion } from './agent-question.ts';
import { askSchema, readAskRequest, readElicitation } from './agent-question.ts';
import type { AgentRow } from './agent-table.ts';
import { answerPermission } from './answer-permission.ts';

// The bridge as an ACP client: initialises the agent, answers requests by policy, and passes on updates.

/** Parts of an ACP session. */
export type AcpSessionOptions = {
  readonly row: AgentRow;
  /** Process of the agent, already started, with pipes for the standard streams. */
  readonly child: ChildProcess;
  readonly exited: AgentExit;
  /** Absolute path of the working directory of the agent. */
  readonly workspace: string;
  /** Folders in which permission requests are allowed; the workspace first. */
  readonly folders: readonly string[];
  readonly onUpdate: (update: SessionUpdate) => void;
  /** Asks people a question; resolves with the answer of a person or the default. */
  readonly askPeople: (question: AgentQuestion) => Promise<string>;
  /** Longest time for an answer, milliseconds. */
  readonly questionTimeoutMs: number;
};

const START_TIMEOUT_MS = 60_000;
/** Longest wait for the exit of an agent that has closed the pipes, milliseconds. */
const EXIT_EXPLANATION_MS = 2_000;
/** Time for an agent to exit before SIGKILL, milliseconds. */
const CLOSE_GRACE_MS = 300;

/** Session with one agent. Every method rejects with an AttemptFailure when the agent fails or exits. */
export type AcpSession = {
  /** Creates the session; the workspace must be ready. */
  open(): Promise<void>;
  /** Sends a prompt; resolves at the end of the turn. */
  prompt(text: string): Promise<StopReason>;
  /** Cancels the turn in progress. */
  cancel(): Promise<void>;
  /** Returns the end of the standard error of the agent. */
  readStderr(): string;
  /** Asks the agent to exit, then kills the agent. */
  close(): Promise<void>;
};

/** Connects to a started agent and initialises the protocol. */
export async function startAcpSession(options: AcpSessionOptions): Promise<AcpSession> {
  const { exited } = options;
  const connection = connectClient(options);
  const { agent } = connection;
  const waitForAgent = <T>(request: Promise<T>, timeoutMs?: number): Promise<T> => {
    const answer = request.catch((error: unknown) =>
      rejectWithCause(error, exited.failure, connection),
    );
    const timeout = timeoutMs ? [rejectAfter(timeoutMs)] : [];
    return Promise.race([answer, exited.failure, ...timeout]);
  };
  await waitForAgent(
    agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientInfo: { name: 'smol-gang-bridge', version: '1' },
      clientCapabilities: {
        // The agent accesses files itself. The bridge must not: between the check and the access of a path the agent could
        // replace a folder by a link and so reach files with the rights of the bridge.
        fs: { readTextFile: false, writeTextFile: false },
        terminal: false,
        elicitation: { form: {} },
      },
    }),
    START_TIMEOUT_MS,
  );
  let sessionId = '';
  return {
    open: async () => {
      const { authMethodId, sessionMode } = options.row;
      if (authMethodId) {
        await waitForAgent(
          agent.request(methods.agent.authenticate, { methodId: authMethodId }),
          START_TIMEOUT_MS,
        );
      }
      const created = await waitForAgent(
        agent.request(methods.agent.session.new, { cwd: options.workspace, mcpServers: [] }),
        START_TIMEOUT_MS,
      );
      sessionId = created.sessionId;
      if (sessionMode)
        await waitForAgent(
          agent.request(methods.agent.session.setMode, { sessionId, modeId: sessionMode }),
        );
    },
    prompt: async (text) => {
      const prompt: ContentBlock[] = [{ type: 'text', text }];
      const turn = agent.request(methods.agent.session.prompt, { sessionId, prompt });
      return (await waitForAgent(turn)).stopReason;
    },
    cancel: () => agent.notify(methods.agent.session.cancel, { sessionId }),
    readStderr: exited.readStderr,
    close: () => closeAgent(options.child, connection, exited.done),
  };
}

function connectClient(options: AcpSessionOptions): ClientConnection {
  const { child } = options;
  if (!child.stdin || !child.stdout) throw new AttemptFailure('agent', 'the agent has no pipes');
  const app = client({ name: 'smol-gang-bridge' })
    .onRequest(methods.client.session.requestPermission, ({ params }) =>
      answerPermission(params, options.folders),
    )
    .onNotification(methods.client.session.update, ({ params }) => options.onUpdate(params.update))
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

/** Rejects with the cause of a failed request. An agent closes its pipes just before the exit, which explains more. */
async function rejectWithCause(
  error: unknown,
  failure: Promise<never>,
  connection: ClientConnection,
): Promise<never> {
  if (connection.signal.aborted) {
    await Promise.race([failure, delay(EXIT_EXPLANATION_MS, undefined, { ref: false })]);
  }
  const message = `the agent answered with an error: ${describeError(error)}`;
  throw new AttemptFailure('agent', message, { cause: error });
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const message = `the agent did not answer for ${ms / 1_000} s`;
    setTimeout(() => reject(new AttemptFailure('agent', message)), ms).unref();
  });
}

/** Closes standard input, which asks the agent to exit, and kills the agent after a grace period. */
async function closeAgent(
  child: ChildProcess,
  connection: ClientConnection,
  done: Promise<string>,
) {
  child.stdin?.end();
  await Promise.race([done, delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
  killProcessGroup(child);
  connection.close();
}
