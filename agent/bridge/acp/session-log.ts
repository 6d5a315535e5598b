import type { SessionUpdate, ToolCallUpdate } from '@agentclientprotocol/sdk';
import { LoopDetector } from '../control/attempt-limits.ts';
import type { Transcript } from '../control/transcript.ts';
import { keepStart } from '../host/redactor.ts';

// Converts the updates of an agent into transcript entries and a work log, and detects loops.

/** Limits of one tool entry in the transcript. */
const MAX_OUTPUT_CHARS = 2_000;
const MAX_INPUT_CHARS = 1_000;
const MAX_WORK_LOG_LINES = 200;
const MAX_WORK_LOG_LINE_CHARS = 400;
const MAX_TEXT_CHARS = 32_000;

/** Part of an update that the attempt reacts to. */
export type UpdateSummary = {
  /** Current activity of the agent, for people. */
  readonly activity?: string;
  /** Error message about a loop of equal tool calls. Absent: no loop. */
  readonly loopMessage?: string;
};

type OpenToolCall = { title: string; input: string; output: string };

/** Records the updates of one agent session. */
export class SessionLog {
  readonly #transcript: Transcript;
  readonly #openCalls = new Map<string, OpenToolCall>();
  readonly #loopDetector = new LoopDetector();
  #turnText = '';
  #isTurnEmpty = true;
  /** Finished tool calls, one line for equal calls in a row; at most 200 lines of 400 characters. */
  readonly workLog: string[] = [];

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
  }

  /** Resets `lastText` and `isTurnEmpty`. Must be called at the start of each turn. */
  startTurn(): void {
    this.#turnText = '';
    this.#isTurnEmpty = true;
  }

  /** Text that the agent wrote in this turn after its last tool call; only the last 32,000 characters. */
  get lastText(): string {
    return this.#turnText;
  }

  /** True if the agent has neither written text nor called a tool in this turn. */
  get isTurnEmpty(): boolean {
    return this.#isTurnEmpty;
  }

  /** Records an update of the agent. */
  addUpdate(update: SessionUpdate): UpdateSummary {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type !== 'text') return {};
        if (update.content.text.trim() !== '') this.#isTurnEmpty = false;
        this.#turnText = (this.#turnText + update.content.text).slice(-MAX_TEXT_CHARS);
        this.#transcript.appendText('agent', update.content.text);
        return {};
      case 'agent_thought_chunk':
        if (update.content.type === 'text')
          this.#transcript.appendText('thought', update.content.text);
        return { activity: 'thinking' };
      case 'tool_call':
      case 'tool_call_update':
        return this.#addToolUpdate(update);
      case 'plan':
        this.#transcript.addEntry(
          'plan',
          update.entries.map(({ status, content }) => `[${status}] ${content}`).join('\n'),
        );
        return {};
      default:
        return {};
    }
  }

  #addToolUpdate(update: ToolCallUpdate): UpdateSummary {
    this.#isTurnEmpty = false;
    const openCall = this.#openCalls.get(update.toolCallId);
    const call = openCall ?? { title: '', input: '', output: '' };
    call.title = update.title ?? call.title;
    if (update.rawInput !== undefined) call.input = formatCompact(update.rawInput);
    call.output = readToolOutput(update) || call.output;
    if (!openCall) {
      this.#openCalls.set(update.toolCallId, call);
      this.#turnText = '';
    }
    if (update.status !== 'completed' && update.status !== 'failed')
      return { activity: call.title };
    this.#openCalls.delete(update.toolCallId);
    return this.#recordToolEnd(call, update.status === 'failed');
  }

  #recordToolEnd(call: OpenToolCall, hasFailed: boolean): UpdateSummary {
    const title = call.title || 'tool';
    const input = call.input ? `\n${keepStart(call.input, MAX_INPUT_CHARS)}` : '';
    const output = call.output ? `\n${keepStart(call.output, MAX_OUTPUT_CHARS)}` : '';
    this.#transcript.addEntry('tool', `${hasFailed ? 'failed: ' : ''}${title}${input}${output}`);
    const line = keepStart(
      `${title.replace(/\s+/g, ' ')}${hasFailed ? ' (failed)' : ''}`,
      MAX_WORK_LOG_LINE_CHARS,
    );
    if (this.workLog.at(-1) !== line && this.workLog.length < MAX_WORK_LOG_LINES)
      this.workLog.push(line);
    const loopMessage = this.#loopDetector.recordCall(`${title} ${call.input}`);
    return loopMessage === undefined ? { activity: title } : { activity: title, loopMessage };
  }
}

function readToolOutput(update: ToolCallUpdate): string {
  const parts = (update.content ?? []).map((part) => {
    if (part.type === 'content') return part.content.type === 'text' ? part.content.text : '';
    return part.type === 'diff' ? `changed ${part.path}` : '';
  });
  const text = parts.filter((part) => part !== '').join('\n');
  if (text !== '' || update.rawOutput === undefined) return text;
  return formatCompact(update.rawOutput);
}

function formatCompact(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}
