import type { SessionUpdate, ToolCallUpdate } from '@agentclientprotocol/sdk';
import { LoopDetector } from './limits.ts';
import { head } from './redact.ts';
import type { Transcript } from './transcript.ts';

// Turns what an agent reports of itself into transcript entries, a work log and signs of a loop.

const MAX_OUTPUT = 2_000;
const MAX_INPUT = 1_000;
const MAX_LOG = 200;
const MAX_TEXT = 32_000;

type Call = { title: string; input: string; output: string };

export class SessionLog {
  private readonly transcript: Transcript;
  private readonly calls = new Map<string, Call>();
  private readonly loops = new LoopDetector();
  private said = '';
  /** What was done, a line each. */
  readonly workLog: string[] = [];

  constructor(transcript: Transcript) {
    this.transcript = transcript;
  }

  /** Forgets what was said in the turn before. */
  newTurn(): void {
    this.said = '';
  }

  /** What the agent said last in this turn, after its last tool. */
  get text(): string {
    return this.said;
  }

  /** Answers one line on what is going on; `loop` when the agent goes round in circles. */
  add(update: SessionUpdate): { activity?: string; loop?: string } {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type !== 'text') return {};
        this.said = (this.said + update.content.text).slice(-MAX_TEXT);
        this.transcript.stream('agent', update.content.text);
        return {};
      case 'agent_thought_chunk':
        if (update.content.type === 'text') this.transcript.stream('thought', update.content.text);
        return { activity: 'thinking' };
      case 'tool_call':
      case 'tool_call_update':
        return this.tool(update);
      case 'plan':
        this.transcript.entry(
          'plan',
          update.entries.map((e) => `[${e.status}] ${e.content}`).join('\n'),
        );
        return {};
      default:
        return {};
    }
  }

  private tool(update: ToolCallUpdate): { activity?: string; loop?: string } {
    const known = this.calls.get(update.toolCallId);
    const call = known ?? { title: '', input: '', output: '' };
    call.title = update.title ?? call.title;
    if (update.rawInput !== undefined) call.input = compact(update.rawInput);
    call.output = outputOf(update) || call.output;
    if (!known) {
      this.calls.set(update.toolCallId, call);
      this.said = '';
    }
    if (update.status !== 'completed' && update.status !== 'failed')
      return { activity: call.title };
    this.calls.delete(update.toolCallId);
    return this.toolEnded(call, update.status === 'failed');
  }

  private toolEnded(call: Call, failed: boolean): { activity?: string; loop?: string } {
    const title = call.title || 'tool';
    const input = call.input ? `\n${head(call.input, MAX_INPUT)}` : '';
    const output = call.output ? `\n${head(call.output, MAX_OUTPUT)}` : '';
    this.transcript.entry('tool', `${failed ? 'failed: ' : ''}${title}${input}${output}`);
    const line = head(`${title.replace(/\s+/g, ' ')}${failed ? ' (failed)' : ''}`, 400);
    if (this.workLog.at(-1) !== line && this.workLog.length < MAX_LOG) this.workLog.push(line);
    const loop = this.loops.add(`${title} ${call.input}`);
    return loop === undefined ? { activity: title } : { activity: title, loop };
  }
}

function outputOf(update: ToolCallUpdate): string {
  const shown = (update.content ?? []).map((part) => {
    if (part.type === 'content') return part.content.type === 'text' ? part.content.text : '';
    return part.type === 'diff' ? `changed ${part.path}` : '';
  });
  const text = shown.filter((part) => part !== '').join('\n');
  if (text !== '' || update.rawOutput === undefined) return text;
  return compact(update.rawOutput);
}

function compact(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}
