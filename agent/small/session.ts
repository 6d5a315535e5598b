import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { StopReason } from '@agentclientprotocol/sdk';
import { askModel } from './ask-model.ts';
import type { ChatMessage, ToolCall } from './chat-message.ts';
import type { ClientLink } from './client-link.ts';
import type { SmallAgentConfig } from './small-agent-config.ts';
import { renderSystemPrompt } from './system-prompt.ts';
import type { PreparedCall, Tool } from './tool/tool.ts';
import { ToolError } from './tool/tool.ts';
import { findTool } from './tool-table.ts';

// A conversation: the model asks for tools, the tools answer, until it has nothing more to ask for.

export type Session = {
  /** Throws ModelError when the model fails: a turn that did not happen never looks like one that ended. */
  prompt(text: string): Promise<StopReason>;
  cancel(): void;
  /** Settles when no prompt is running. */
  waitUntilIdle(): Promise<void>;
};

export type SessionOptions = {
  readonly config: SmallAgentConfig;
  /** A real path. */
  readonly root: string;
  readonly client: ClientLink;
};

export function createSession(options: SessionOptions): Session {
  const history: ChatMessage[] = [{ role: 'system', content: renderSystemPrompt() }];
  let current: AbortController | undefined;
  let running: Promise<StopReason> | undefined;

  async function turn(text: string, signal: AbortSignal): Promise<StopReason> {
    history.push({ role: 'user', content: text });
    try {
      return await runTurn(options, history, signal);
    } catch (error) {
      if (signal.aborted) return 'cancelled';
      throw error;
    } finally {
      running = undefined;
    }
  }

  return {
    cancel: () => current?.abort(),
    async waitUntilIdle() {
      await running?.catch(() => {});
    },
    async prompt(text) {
      if (running !== undefined) throw new Error('a prompt of this session is still running');
      current = new AbortController();
      running = turn(text, current.signal);
      return await running;
    },
  };
}

async function runTurn(
  options: SessionOptions,
  history: ChatMessage[],
  signal: AbortSignal,
): Promise<StopReason> {
  for (let request = 0; request < options.config.maxRequests; request += 1) {
    const answer = await askModel(options.config, history, {
      signal,
      onText: (text) => void options.client.sendText(text),
      onThought: (text) => void options.client.sendThought(text),
    });
    const { text, toolCalls } = answer;
    history.push(
      toolCalls.length === 0
        ? { role: 'assistant', content: text }
        : { role: 'assistant', content: text === '' ? null : text, tool_calls: toolCalls },
    );
    if (toolCalls.length === 0) return mapStopReason(answer.finishReason);
    // Every call gets its output, also after a cancel: a conversation without it is refused by the endpoint later.
    for (const call of toolCalls) {
      const content = signal.aborted ? 'cancelled' : await runToolCall(options, call, signal);
      history.push({ role: 'tool', tool_call_id: call.id, content });
    }
    if (signal.aborted) return 'cancelled';
  }
  return 'max_turn_requests';
}

function mapStopReason(finishReason: string): StopReason {
  if (finishReason === 'length') return 'max_tokens';
  return finishReason === 'content_filter' ? 'refusal' : 'end_turn';
}

/** What the model is told. */
async function runToolCall(
  options: SessionOptions,
  call: ToolCall,
  signal: AbortSignal,
): Promise<string> {
  const { client } = options;
  const { name } = call.function;
  const tool = findTool(name);
  const prepared = tool === undefined ? createUnknownToolCall(name) : prepareToolCall(tool, call);
  const start = {
    // The model's own ids come again in later turns with some endpoints.
    toolCallId: randomUUID(),
    name,
    title: prepared.title,
    kind: tool?.kind ?? 'other',
    rawInput: shortenInput(prepared.input),
    locations: prepared.paths.map((path) => ({ path: resolve(options.root, path) })),
  } as const;
  await client.reportToolStart(start);
  try {
    if (tool?.asksPermission && !(await client.requestPermission(start, signal))) {
      throw new ToolError('this was refused; do it another way or without it');
    }
    const output = await prepared.execute({
      root: options.root,
      signal,
      commandEnv: options.config.commandEnv,
      askQuestion: (question) => client.askQuestion(start.toolCallId, question, signal),
    });
    await client.reportToolEnd(start.toolCallId, { ok: true, output });
    return output;
  } catch (error) {
    const output = `error: ${signal.aborted ? 'cancelled' : getErrorMessage(error)}`;
    await client.reportToolEnd(start.toolCallId, { ok: false, output });
    return output;
  }
}

function getErrorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function prepareToolCall(tool: Tool, call: ToolCall): PreparedCall {
  try {
    const text = call.function.arguments.trim();
    return tool.prepare(text === '' ? {} : JSON.parse(text));
  } catch (error) {
    const why =
      error instanceof ToolError
        ? error.message
        : 'the arguments are not valid JSON; if they were cut off, send smaller pieces';
    return createFailingCall(tool.name, call.function.arguments.slice(0, 500), why);
  }
}

function createUnknownToolCall(name: string): PreparedCall {
  return createFailingCall(name, undefined, `there is no tool named ${name}`);
}

function createFailingCall(title: string, input: unknown, why: string): PreparedCall {
  return { title, input, paths: [], execute: () => Promise.reject(new ToolError(why)) };
}

const MAX_INPUT_CHARS = 1_000;

/** Clients show it; whole files do not belong there. */
function shortenInput(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const entries = Object.entries(input).map(([name, value]) => {
    if (typeof value !== 'string' || value.length <= MAX_INPUT_CHARS) return [name, value];
    return [name, `${value.slice(0, MAX_INPUT_CHARS)} [...]`];
  });
  return Object.fromEntries(entries);
}
