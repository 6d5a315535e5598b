import { randomUUID } from 'node:crypto';
import type { ReplyCall } from '../../core/chat/chat-reply.ts';
import type { ReplyVerdict } from '../../core/chat/judge-reply.ts';
import { judgeReply } from '../../core/chat/judge-reply.ts';
import type { NewContent } from '../../core/chat/reply-builder.ts';
import { ReplyBuilder } from '../../core/chat/reply-builder.ts';
import type { ChatAnswer, ChatMessage, ToolCall, ToolDefinition } from './chat-message.ts';
import { createReportedError, ModelError, readModelError } from './model-error.ts';
import type { HttpReply } from './post-json.ts';
import { postJson } from './post-json.ts';
import type { SmallAgentConfig } from './small-agent-config.ts';

// Sends a streamed request to chat/completions. Accepts a plain JSON answer as well, because some endpoints ignore `stream`.

/** Request to the model, with callbacks for the pieces of the answer. */
export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly signal: AbortSignal;
  onText(text: string): void;
  onThought(text: string): void;
};

/** Sends a request and collects the answer. Throws ModelError, or the abort error if `request.signal` aborts. */
export async function streamChat(
  endpoint: SmallAgentConfig['endpoint'],
  request: ChatRequest,
): Promise<ChatAnswer> {
  const reply = await postRequest(endpoint, request);
  if (reply.status < 200 || reply.status >= 300) throw await readModelError(reply);
  const builder = new ReplyBuilder();
  const show = (contents: readonly NewContent[]) => {
    for (const { text, thoughts } of contents) {
      if (thoughts !== '') request.onThought(thoughts);
      if (text !== '') request.onText(text);
    }
  };
  try {
    for await (const piece of reply.pieces) show(builder.write(piece));
  } catch (error) {
    if (request.signal.aborted) throw error;
    // The received part may already be a whole answer.
  }
  show(builder.finish());
  const tools = request.tools.map((tool) => tool.function);
  return createAnswer(judgeReply(builder.build(), tools), request);
}

async function postRequest(
  endpoint: SmallAgentConfig['endpoint'],
  request: ChatRequest,
): Promise<HttpReply> {
  try {
    return await postJson({
      url: `${endpoint.baseUrl}/chat/completions`,
      bearer: endpoint.apiKey,
      body: {
        model: endpoint.model,
        messages: request.messages,
        tools: request.tools,
        stream: true,
        stream_options: { include_usage: true },
      },
      signal: request.signal,
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ModelError(`the model endpoint cannot be reached: ${String(error)}`, {
      cause: error,
    });
  }
}

/** Returns the answer. Throws ModelError if the reply contains none. */
function createAnswer(verdict: ReplyVerdict, request: ChatRequest): ChatAnswer {
  switch (verdict.kind) {
    case 'complete': {
      const { text, isTruncated } = verdict;
      const toolCalls = verdict.calls.map(toToolCall);
      return { text, toolCalls, ending: isTruncated ? 'truncated' : 'complete' };
    }
    case 'refused':
      request.onText(verdict.reason);
      return { text: verdict.reason, toolCalls: [], ending: 'refused' };
    case 'empty':
      if (verdict.isTruncated) return { text: '', toolCalls: [], ending: 'truncated' };
      throw new ModelError(`the model gave no answer: ${verdict.reason}`, { isEmptyAnswer: true });
    case 'incomplete':
      throw new ModelError(`the model gave no complete answer: ${verdict.reason}`);
    case 'failed':
      throw createReportedError(verdict.fault);
    case 'unknown':
      throw new ModelError(
        'the response of the model endpoint is not in the format of chat/completions',
      );
    default:
      return verdict satisfies never;
  }
}

function toToolCall({ id, name, arguments: text }: ReplyCall): ToolCall {
  return {
    id: id === '' ? `call_${randomUUID()}` : id,
    type: 'function',
    function: { name, arguments: text },
  };
}
