import type {
  AgentContext,
  ClientCapabilities,
  RequestPermissionRequest,
  SessionUpdate,
  ToolKind,
} from '@agentclientprotocol/sdk';
import { CreateElicitationResponse, methods } from '@agentclientprotocol/sdk';
import type { UserQuestion } from './tool/tool.ts';

// Sends the updates and requests of an agent session to the ACP client.

/** Limit of displayed tool output. */
const MAX_SHOWN_CHARS = 4_000;

/** Connection of one session to the ACP client. */
export type ClientLink = {
  sendText(text: string): Promise<void>;
  sendThought(text: string): Promise<void>;
  reportToolStart(call: DisplayedToolCall): Promise<void>;
  reportToolEnd(
    id: string,
    outcome: { readonly hasSucceeded: boolean; readonly output: string },
  ): Promise<void>;
  /** Asks the client to permit a tool call. Returns whether the client permits the call. */
  requestPermission(call: DisplayedToolCall, signal: AbortSignal): Promise<boolean>;
  /** Returns the answer of a person, or the default answer with a note. */
  askQuestion(toolCallId: string, question: UserQuestion, signal: AbortSignal): Promise<string>;
};

/** Data of a tool call that the client can display. */
export type DisplayedToolCall = {
  readonly toolCallId: string;
  readonly name: string;
  readonly title: string;
  readonly kind: ToolKind;
  readonly rawInput: unknown;
  /** Absolute paths of the files of the call. */
  readonly locations: { readonly path: string }[];
};

/** Creates the link of a session. If the client has no elicitation in `capabilities`, every question gets its default. */
export function createClientLink(
  client: AgentContext,
  sessionId: string,
  capabilities: ClientCapabilities,
): ClientLink {
  // A notification fails only if the connection is closed. The agent process then exits, so the update is not needed.
  const sendUpdate = async (update: SessionUpdate): Promise<void> => {
    await client.notify(methods.client.session.update, { sessionId, update }).catch(() => {});
  };
  const reportToolEnd: ClientLink['reportToolEnd'] = (toolCallId, { hasSucceeded, output }) => {
    const text = shortenForDisplay(output);
    return sendUpdate({
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: hasSucceeded ? 'completed' : 'failed',
      rawOutput: text,
      content: [{ type: 'content', content: { type: 'text', text } }],
    });
  };
  return {
    sendText: (text) =>
      sendUpdate({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } }),
    sendThought: (text) =>
      sendUpdate({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } }),
    reportToolStart: (call) =>
      sendUpdate({ sessionUpdate: 'tool_call', status: 'in_progress', ...call }),
    reportToolEnd,
    requestPermission: createPermissionRequester(client, sessionId),
    askQuestion: async (toolCallId, question, signal) => {
      if (!capabilities.elicitation?.form) {
        return `${question.default}\n[the client cannot ask people; this is the default answer]`;
      }
      const answer = await client.request(
        methods.client.elicitation.create,
        {
          mode: 'form',
          sessionId,
          toolCallId,
          message: question.question,
          requestedSchema: buildAnswerForm(question),
        },
        { cancellationSignal: signal, stopWaitingOnCancel: true },
      );
      const text = CreateElicitationResponse.isAccept(answer) ? answer.content?.answer : undefined;
      if (typeof text === 'string' && text !== '') return text;
      return `${question.default}\n[no person answered; this is the default answer]`;
    },
  };
}

/** Creates the function that requests permissions. For a tool that the client always allows, the function does not ask again. */
function createPermissionRequester(
  client: AgentContext,
  sessionId: string,
): ClientLink['requestPermission'] {
  const allowedTools = new Set<string>();
  return async (call, signal) => {
    if (allowedTools.has(call.name)) return true;
    const request: RequestPermissionRequest = {
      sessionId,
      toolCall: call,
      options: PERMISSION_OPTIONS,
    };
    const answer = await client.request(methods.client.session.requestPermission, request, {
      cancellationSignal: signal,
      stopWaitingOnCancel: true,
    });
    if (answer.outcome.outcome !== 'selected') return false;
    const { optionId } = answer.outcome;
    if (optionId === 'allow_always') allowedTools.add(call.name);
    return optionId.startsWith('allow');
  };
}

const PERMISSION_OPTIONS: RequestPermissionRequest['options'] = [
  { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
  { optionId: 'allow_always', name: 'Allow this tool from now on', kind: 'allow_always' },
  { optionId: 'reject', name: 'Refuse', kind: 'reject_once' },
];

/** Builds a form with the single field `answer`. */
function buildAnswerForm(question: UserQuestion) {
  const answer = {
    type: 'string' as const,
    title: 'Answer',
    default: question.default,
    ...(question.options.length === 0 ? {} : { enum: [...question.options] }),
  };
  return { type: 'object' as const, properties: { answer }, required: ['answer'] };
}

/** Shortens tool output to its beginning and end for display. The model gets more of the output. */
export function shortenForDisplay(text: string): string {
  if (text.length <= MAX_SHOWN_CHARS) return text;
  const half = MAX_SHOWN_CHARS / 2;
  return `${text.slice(0, half)}\n[...]\n${text.slice(-half)}`;
}
