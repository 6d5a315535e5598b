import type { AttemptResult, TranscriptEntry } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { Table } from '../../port/table.ts';
import {
  loadAttempt,
  loadLatestTranscriptChunks,
  loadResult,
} from '../../store/task-detail-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { LiveAttempt, TaskState } from '../../task-state/task-state.ts';

// What an attempt takes over of the conversation of those before it that were stopped in the midst of the same work.

const MAX_ATTEMPTS_BACK = 5;
/** For a model's context as much as for the answer that carries it. */
const MAX_CONVERSATION_BYTES = 60_000;
/** Back from the end of an attempt's transcript. */
const MAX_TRANSCRIPT_CHUNKS = 300;

export type ConversationTurn = { readonly role: 'user' | 'agent'; readonly text: string };
export type CarriedConversation = {
  /** Oldest first. */
  readonly conversation: ConversationTurn[];
  /** People's messages up to this number are in it. */
  readonly messagesSeen: number;
};

export async function carryOverConversation(
  table: Table,
  state: TaskState,
  current: LiveAttempt,
): Promise<CarriedConversation> {
  const none: CarriedConversation = { conversation: [], messagesSeen: 0 };
  const code = state.reason?.code;
  if (code !== 'attempt_lost' && code !== 'parked') return none;
  const parts: ConversationTurn[][] = [];
  let room = MAX_CONVERSATION_BYTES;
  let { messagesSeen } = none;
  const last = Math.max(1, current.n - MAX_ATTEMPTS_BACK);
  for (let n = current.n - 1; n >= last && room > 0; n -= 1) {
    const key: AttemptKey = { ...toTaskKey(state), n };
    if (hasOwnOutcome(await loadResult(table, key))) break;
    const said = await loadLatestTurns(table, key, room);
    if (said.length === 0) continue;
    parts.unshift(said);
    room -= said.reduce((sum, each) => sum + countBytes(each.text), 0);
    const seen = (await loadAttempt(table, key))?.messagesSeen ?? 0;
    messagesSeen = Math.max(messagesSeen, seen);
  }
  return { conversation: parts.flat(), messagesSeen };
}

/** What it did is judged and done with; what comes after it begins anew. */
function hasOwnOutcome(result: AttemptResult | undefined): boolean {
  if (result === undefined) return false;
  if (result.outcome === 'done') return true;
  return !['provider', 'forge', 'infra'].includes(result.cause);
}

/** The end of what was said, as much of it as there is room for; oldest first. */
async function loadLatestTurns(
  table: Table,
  key: AttemptKey,
  room: number,
): Promise<ConversationTurn[]> {
  const said: ConversationTurn[] = [];
  let left = room;
  const chunks = loadLatestTranscriptChunks(table, key, MAX_TRANSCRIPT_CHUNKS);
  for await (const chunk of chunks) {
    for (const entry of chunk.entries.toReversed()) {
      const role = findTurnRole(entry);
      if (role === undefined) continue;
      left -= countBytes(entry.text);
      if (left < 0) return said.reverse();
      said.push({ role, text: entry.text });
    }
  }
  return said.reverse();
}

function findTurnRole(entry: TranscriptEntry): ConversationTurn['role'] | undefined {
  return entry.kind === 'user' || entry.kind === 'agent' ? entry.kind : undefined;
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
