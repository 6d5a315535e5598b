import type { AttemptResult, TranscriptEntry } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { Table } from '../../port/table.ts';
import { loadAttempt, loadLastTranscript, loadResult } from '../../store/task-detail.ts';
import { taskKeyOf } from '../../store/task-store.ts';
import type { LiveAttempt, TaskState } from '../../task/state.ts';

// What an attempt takes over of the conversation of those before it that were stopped in the midst of the same work.

const MAX_ATTEMPTS_BACK = 5;
/** For a model's context as much as for the answer that carries it. */
const MAX_BYTES = 60_000;
/** Back from the end of an attempt's transcript. */
const MAX_CHUNKS = 300;

export type Said = { role: 'user' | 'agent'; text: string };
export type CarriedOver = {
  /** Oldest first. */
  conversation: Said[];
  /** People's messages up to this number are in it. */
  messagesSeen: number;
};

export async function carryOver(
  table: Table,
  state: TaskState,
  current: LiveAttempt,
): Promise<CarriedOver> {
  const none: CarriedOver = { conversation: [], messagesSeen: 0 };
  const code = state.reason?.code;
  if (code !== 'attempt_lost' && code !== 'parked') return none;
  const parts: Said[][] = [];
  let room = MAX_BYTES;
  let { messagesSeen } = none;
  const last = Math.max(1, current.n - MAX_ATTEMPTS_BACK);
  for (let n = current.n - 1; n >= last && room > 0; n -= 1) {
    const key: AttemptKey = { ...taskKeyOf(state), n };
    if (endedByItself(await loadResult(table, key))) break;
    const said = await lastSaid(table, key, room);
    if (said.length === 0) continue;
    parts.unshift(said);
    room -= said.reduce((sum, each) => sum + bytesOf(each.text), 0);
    const seen = (await loadAttempt(table, key))?.messagesSeen ?? 0;
    messagesSeen = Math.max(messagesSeen, seen);
  }
  return { conversation: parts.flat(), messagesSeen };
}

/** What it did is judged and done with; what comes after it begins anew. */
function endedByItself(result: AttemptResult | undefined): boolean {
  if (result === undefined) return false;
  if (result.outcome === 'done') return true;
  return !['provider', 'forge', 'infra'].includes(result.cause);
}

/** The end of what was said, as much of it as there is room for; oldest first. */
async function lastSaid(table: Table, key: AttemptKey, room: number): Promise<Said[]> {
  const said: Said[] = [];
  let left = room;
  const chunks = loadLastTranscript(table, key, MAX_CHUNKS);
  for await (const chunk of chunks) {
    for (const entry of chunk.entries.toReversed()) {
      const role = roleOf(entry);
      if (role === undefined) continue;
      left -= bytesOf(entry.text);
      if (left < 0) return said.reverse();
      said.push({ role, text: entry.text });
    }
  }
  return said.reverse();
}

function roleOf(entry: TranscriptEntry): Said['role'] | undefined {
  return entry.kind === 'user' || entry.kind === 'agent' ? entry.kind : undefined;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
