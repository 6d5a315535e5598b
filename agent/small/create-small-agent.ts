import { randomUUID } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import type {
  AgentApp,
  AgentContext,
  ClientCapabilities,
  ContentBlock,
  InitializeResponse,
} from '@agentclientprotocol/sdk';
import { agent, methods, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk';
import { describeError } from '../../core/base/describe-error.ts';
import type { ChatMessage } from './chat-message.ts';
import { createClientLink } from './client-link.ts';
import { ModelError } from './model-error.ts';
import type { SessionFile } from './saved-session.ts';
import type { Session } from './session.ts';
import { createSession } from './session.ts';
import type { SmallAgentConfig } from './small-agent-config.ts';

/** JSON-RPC error code for an internal error. */
const INTERNAL_ERROR = -32_603;

const INITIALIZE_ANSWER: InitializeResponse = {
  protocolVersion: PROTOCOL_VERSION,
  agentInfo: { name: 'smol-gang-small', version: '0.1.0' },
  agentCapabilities: {
    promptCapabilities: { embeddedContext: true },
    sessionCapabilities: { resume: {} },
  },
};

/** The built-in coding agent. */
export type SmallAgent = {
  readonly app: AgentApp;
  /** Cancels all prompts and running tools. Resolves when all prompts have ended. */
  cancelAll(): Promise<void>;
};

/**
 * Creates the agent.
 *
 * @param readConfig called for each new session, so that the client gets an error if the environment is invalid
 * @param sessionFile file with the conversation of the last session
 */
export function createSmallAgent(
  readConfig: () => SmallAgentConfig,
  sessionFile: SessionFile,
): SmallAgent {
  const sessions = new Map<string, Session>();
  let capabilities: ClientCapabilities = {};
  const openSession = async (
    sessionId: string,
    { cwd, mcpServers = [] }: { readonly cwd: string; readonly mcpServers?: readonly unknown[] },
    client: AgentContext,
    history?: readonly ChatMessage[],
  ) => {
    if (mcpServers.length > 0)
      throw RequestError.invalidParams(undefined, 'this agent does not support MCP servers');
    const session = createSession({
      config: readConfigOrReject(readConfig),
      root: await requireDirectory(cwd),
      client: createClientLink(client, sessionId, capabilities),
      saveHistory: (messages) => sessionFile.save({ sessionId, history: messages }),
      ...(history ? { history } : {}),
    });
    sessions.set(sessionId, session);
  };
  const app = agent({ name: 'smol-gang-small' })
    .onRequest(methods.agent.initialize, ({ params }) => {
      capabilities = params.clientCapabilities ?? {};
      return INITIALIZE_ANSWER;
    })
    .onRequest(methods.agent.session.new, async ({ params, client }) => {
      const sessionId = randomUUID();
      await openSession(sessionId, params, client);
      return { sessionId };
    })
    .onRequest(methods.agent.session.resume, async ({ params, client }) => {
      const saved = await sessionFile.load(params.sessionId);
      if (!saved) throw RequestError.sessionNotFound(params.sessionId);
      await openSession(params.sessionId, params, client, saved.history);
      return {};
    })
    .onRequest(methods.agent.session.prompt, async ({ params }) => {
      const session = sessions.get(params.sessionId);
      if (session === undefined) throw RequestError.sessionNotFound(params.sessionId);
      return { stopReason: await runPrompt(session, joinBlockTexts(params.prompt)) };
    })
    .onNotification(methods.agent.session.cancel, ({ params }) => {
      sessions.get(params.sessionId)?.cancel();
    });
  return {
    app,
    async cancelAll() {
      for (const session of sessions.values()) session.cancel();
      await Promise.all([...sessions.values()].map((session) => session.waitUntilIdle()));
    },
  };
}

function readConfigOrReject(readConfig: () => SmallAgentConfig): SmallAgentConfig {
  try {
    return readConfig();
  } catch (error) {
    throw new RequestError(INTERNAL_ERROR, describeError(error));
  }
}

async function requireDirectory(cwd: string): Promise<string> {
  const stats = await stat(cwd).catch(() => undefined);
  if (stats?.isDirectory()) return await realpath(cwd);
  throw RequestError.invalidParams(undefined, `${cwd} is not a directory`);
}

/** Runs a prompt. After a model error, the `data` of the JSON-RPC error tells the client whether a retry may succeed. */
async function runPrompt(session: Session, text: string) {
  try {
    return await session.prompt(text);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new RequestError(INTERNAL_ERROR, error.message, {
      source: 'model',
      transient: error.isTransient,
      problem: error.problem,
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    });
  }
}

function joinBlockTexts(blocks: readonly ContentBlock[]): string {
  return blocks.map(renderBlock).join('\n');
}

function renderBlock(block: ContentBlock): string {
  if (block.type === 'text') return block.text;
  if (block.type === 'resource_link') return `[${block.name}: ${block.uri}]`;
  if (block.type === 'resource' && 'text' in block.resource) {
    return `[${block.resource.uri}]\n${block.resource.text}`;
  }
  throw RequestError.invalidParams(
    undefined,
    `this agent cannot read ${block.type} content; send text`,
  );
}
