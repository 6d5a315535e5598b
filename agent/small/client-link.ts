import type {
  AgentContext,
  ClientCapabilities,
  RequestPermissionRequest,
  SessionUpdate,
  ToolKind,
} from '@agentclientprotocol/sdk';
import { CreateElicitationResponse, methods } from '@agentclientprotocol/sdk';
import type { UserQuestion } from './tool/tool.ts';

// What a session says to its client and asks of it.

const MAX_SHOWN_CHARS = 4_000;

export type ClientLink = {
  sendText(text: string): Promise<void>;
  sendThought(text: string): Promise<void>;
  reportToolStart(call: ToolStart): Promise<void>;
  reportToolEnd(
    id: string,
    outcome: { readonly ok: boolean; readonly output: string },
  ): Promise<void>;
  /** False: the client refuses. */
  requestPermission(call: ToolStart, signal: AbortSignal): Promise<boolean>;
  askQuestion(id: string, question: UserQuestion, signal: AbortSignal): Promise<string>;
};

export type ToolStart = {
  readonly toolCallId: string;
  readonly name: string;
  readonly title: string;
  readonly kind: ToolKind;
  readonly rawInput: unknown;
  readonly locations: { readonly path: string }[];
};

export function createClientLink(
  client: AgentContext,
  sessionId: string,
  capabilities: ClientCapabilities,
): ClientLink {
  /** Tools that the client allowed once and for all. */
  const allowed = new Set<string>();

  /** When the client is gone the process ends; what it was still to be told does not matter then. */
  async function say(update: SessionUpdate): Promise<void> {
    await client.notify(methods.client.session.update, { sessionId, update }).catch(() => {});
  }

  async function mayRun(call: ToolStart, signal: AbortSignal): Promise<boolean> {
    const tool = call.name;
    if (allowed.has(tool)) return true;
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
    if (answer.outcome.optionId === 'allow_always') allowed.add(tool);
    return answer.outcome.optionId.startsWith('allow');
  }

  async function ask(id: string, question: UserQuestion, signal: AbortSignal): Promise<string> {
    if (!capabilities.elicitation?.form) {
      return `${question.default}\n[nobody can be asked here: this is the default]`;
    }
    const answer = await client.request(
      methods.client.elicitation.create,
      {
        mode: 'form',
        sessionId,
        toolCallId: id,
        message: question.question,
        requestedSchema: buildAnswerForm(question),
      },
      { cancellationSignal: signal, stopWaitingOnCancel: true },
    );
    const given = CreateElicitationResponse.isAccept(answer) ? answer.content?.answer : undefined;
    if (typeof given === 'string' && given !== '') return given;
    return `${question.default}\n[nobody answered: this is the default]`;
  }

  return {
    sendText: (text) =>
      say({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } }),
    sendThought: (text) =>
      say({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } }),
    reportToolStart: (call) => say({ sessionUpdate: 'tool_call', status: 'in_progress', ...call }),
    reportToolEnd: (toolCallId, { ok, output }) =>
      say({
        sessionUpdate: 'tool_call_update',
        toolCallId,
        status: ok ? 'completed' : 'failed',
        rawOutput: shortenForDisplay(output),
        content: [{ type: 'content', content: { type: 'text', text: shortenForDisplay(output) } }],
      }),
    requestPermission: mayRun,
    askQuestion: ask,
  };
}

const PERMISSION_OPTIONS: RequestPermissionRequest['options'] = [
  { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
  { optionId: 'allow_always', name: 'Allow this tool from now on', kind: 'allow_always' },
  { optionId: 'reject', name: 'Refuse', kind: 'reject_once' },
];

/** The answer is the string `answer`; whoever fills the form may also give one that is not among the options. */
function buildAnswerForm(question: UserQuestion) {
  const answer = {
    type: 'string' as const,
    title: 'Answer',
    default: question.default,
    ...(question.options.length === 0 ? {} : { enum: [...question.options] }),
  };
  return { type: 'object' as const, properties: { answer }, required: ['answer'] };
}

/** What people see; the model has more of it. */
export function shortenForDisplay(text: string): string {
  if (text.length <= MAX_SHOWN_CHARS) return text;
  const half = MAX_SHOWN_CHARS / 2;
  return `${text.slice(0, half)}\n[...]\n${text.slice(-half)}`;
}
