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
import { AttemptFailure } from '../attempt-error.ts';
import { killProcessGroup } from '../host/process-table.ts';
import type { AgentExit } from './agent-exit.ts';
import type { AgentQuestion } from './agent-question.ts';
import { askSchema, readAskRequest, readElicitation } from './agent-question.ts';
import type { AgentRow } from './agent-table.ts';
import { answerPermission } from './answer-permission.ts';

// The bridge as an ACP client: starts the agent, answers what it asks by policy, and hands on what it says.

export type AcpSessionOptions = {
  readonly row: AgentRow;
  /** Already started, with pipes for its standard streams. */
  readonly child: ChildProcess;
  readonly exited: AgentExit;
  readonly workspace: string;
  /** Folders that the agent may name in what it wants to do; the workspace first. */
  readonly folders: readonly string[];
  readonly handleUpdate: (update: SessionUpdate) => void;
  /** Puts a question to people; resolves with their answer or the default. */
  readonly enqueueQuestion: (asked: AgentQuestion) => Promise<string>;
  readonly questionTimeoutMs: number;
};

const START_TIMEOUT_MS = 60_000;
/** For why an agent that closed its pipes has ended. */
const EXIT_EXPLANATION_MS = 2_000;
const CLOSE_GRACE_MS = 300;

export type AcpSession = {
  /** Makes the session: the workspace must be ready. */
  open(): Promise<void>;
  prompt(text: string): Promise<StopReason>;
  /** Breaks off the turn in progress. */
  cancel(): Promise<void>;
  /** The end of what it wrote to standard error. */
  readStderr(): string;
  close(): Promise<void>;
};

/** Connects to an agent that was just started and initialises it. */
export async function startAcpSession(options: AcpSessionOptions): Promise<AcpSession> {
  const { exited } = options;
  const connection = connectClient(options);
  const { agent } = connection;
  const until = <T>(work: Promise<T>, timeoutMs?: number): Promise<T> => {
    const explained = work.catch((error: unknown) =>
      explainFailure(error, exited.failure, connection),
    );
    const late = timeoutMs ? [rejectAfter(timeoutMs)] : [];
    return Promise.race([explained, exited.failure, ...late]);
  };
  await until(
    agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientInfo: { name: 'smol-gang-bridge', version: '1' },
      clientCapabilities: {
        // Files and commands are its own affair, as its own user: a path that the bridge has found good may lead elsewhere by
        // the time that it is opened, with the bridge's rights.
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
        await until(
          agent.request(methods.agent.authenticate, { methodId: authMethodId }),
          START_TIMEOUT_MS,
        );
      }
      const made = await until(
        agent.request(methods.agent.session.new, { cwd: options.workspace, mcpServers: [] }),
        START_TIMEOUT_MS,
      );
      sessionId = made.sessionId;
      if (sessionMode)
        await until(
          agent.request(methods.agent.session.setMode, { sessionId, modeId: sessionMode }),
        );
    },
    prompt: async (text) => {
      const prompt: ContentBlock[] = [{ type: 'text', text }];
      const asked = agent.request(methods.agent.session.prompt, { sessionId, prompt });
      return (await until(asked)).stopReason;
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
    .onNotification(methods.client.session.update, ({ params }) =>
      options.handleUpdate(params.update),
    )
    .onRequest(methods.client.elicitation.create, async ({ params }) => {
      const asked = readElicitation(params, Date.now(), options.questionTimeoutMs);
      if (!asked) return { action: 'decline' as const };
      return {
        action: 'accept' as const,
        content: asked.formatAnswer(await options.enqueueQuestion(asked)),
      };
    })
    .onRequest('_smol/ask', askSchema, async ({ params }) => {
      const asked = readAskRequest(params, Date.now(), options.questionTimeoutMs);
      return asked.formatAnswer(await options.enqueueQuestion(asked));
    });
  return app.connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)));
}

/** An agent that is ending closes its pipes first: why it ended says more than that it did. */
async function explainFailure(
  error: unknown,
  failure: Promise<never>,
  connection: ClientConnection,
): Promise<never> {
  if (connection.signal.aborted) {
    await Promise.race([failure, delay(EXIT_EXPLANATION_MS, undefined, { ref: false })]);
  }
  const said = error instanceof Error ? error.message : String(error);
  throw new AttemptFailure('agent', `the agent answered with an error: ${said}`, { cause: error });
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const message = `the agent did not answer for ${ms / 1_000} s`;
    setTimeout(() => reject(new AttemptFailure('agent', message)), ms).unref();
  });
}

/** Closing its standard input asks an agent to end; then it is made to. */
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
