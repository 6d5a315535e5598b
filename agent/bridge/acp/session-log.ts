import type { SessionUpdate, ToolCallUpdate } from '@agentclientprotocol/sdk';
import { LoopDetector } from '../control/attempt-limits.ts';
import type { Transcript } from '../control/transcript.ts';
import { keepStart } from '../host/redactor.ts';

// Turns what an agent reports of itself into transcript entries, a work log and signs of a loop.

const MAX_OUTPUT_CHARS = 2_000;
const MAX_INPUT_CHARS = 1_000;
const MAX_WORK_LOG_LINES = 200;
const MAX_TEXT_CHARS = 32_000;

type OpenToolCall = { title: string; input: string; output: string };

export class SessionLog {
  readonly #transcript: Transcript;
  readonly #openCalls = new Map<string, OpenToolCall>();
  readonly #loopDetector = new LoopDetector();
  #turnText = '';
  /** What was done, a line each. */
  readonly workLog: string[] = [];

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
  }

  /** Forgets what was said in the turn before. */
  startTurn(): void {
    this.#turnText = '';
  }

  /** What the agent said last in this turn, after its last tool. */
  get lastText(): string {
    return this.#turnText;
  }

  /** Answers one line on what is going on; `loop` when the agent goes round in circles. */
  addUpdate(update: SessionUpdate): { readonly activity?: string; readonly loop?: string } {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type !== 'text') return {};
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
          update.entries.map((e) => `[${e.status}] ${e.content}`).join('\n'),
        );
        return {};
      default:
        return {};
    }
  }

  #addToolUpdate(update: ToolCallUpdate): { readonly activity?: string; readonly loop?: string } {
    const known = this.#openCalls.get(update.toolCallId);
    const call = known ?? { title: '', input: '', output: '' };
    call.title = update.title ?? call.title;
    if (update.rawInput !== undefined) call.input = formatCompact(update.rawInput);
    call.output = readToolOutput(update) || call.output;
    if (!known) {
      this.#openCalls.set(update.toolCallId, call);
      this.#turnText = '';
    }
    if (update.status !== 'completed' && update.status !== 'failed')
      return { activity: call.title };
    this.#openCalls.delete(update.toolCallId);
    return this.#recordToolEnd(call, update.status === 'failed');
  }

  #recordToolEnd(
    call: OpenToolCall,
    failed: boolean,
  ): { readonly activity?: string; readonly loop?: string } {
    const title = call.title || 'tool';
    const input = call.input ? `\n${keepStart(call.input, MAX_INPUT_CHARS)}` : '';
    const output = call.output ? `\n${keepStart(call.output, MAX_OUTPUT_CHARS)}` : '';
    this.#transcript.addEntry('tool', `${failed ? 'failed: ' : ''}${title}${input}${output}`);
    const line = keepStart(`${title.replace(/\s+/g, ' ')}${failed ? ' (failed)' : ''}`, 400);
    if (this.workLog.at(-1) !== line && this.workLog.length < MAX_WORK_LOG_LINES)
      this.workLog.push(line);
    const loop = this.#loopDetector.recordCall(`${title} ${call.input}`);
    return loop === undefined ? { activity: title } : { activity: title, loop };
  }
}

function readToolOutput(update: ToolCallUpdate): string {
  const shown = (update.content ?? []).map((part) => {
    if (part.type === 'content') return part.content.type === 'text' ? part.content.text : '';
    return part.type === 'diff' ? `changed ${part.path}` : '';
  });
  const text = shown.filter((part) => part !== '').join('\n');
  if (text !== '' || update.rawOutput === undefined) return text;
  return formatCompact(update.rawOutput);
}

function formatCompact(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}
