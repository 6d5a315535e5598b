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

/** Maximum number of earlier attempts to read. */
const MAX_ATTEMPTS_BACK = 5;
/** Maximum size of the carried text, because the context of the model and the size of the assignment are limited. */
const MAX_CONVERSATION_BYTES = 60_000;
/** Maximum number of transcript chunks to read, latest first. */
const MAX_TRANSCRIPT_CHUNKS = 300;

/** Text of a person or of the agent in a conversation. */
export type ConversationTurn = { readonly role: 'user' | 'agent'; readonly text: string };
/** Conversation that the next attempt continues. */
export type CarriedConversation = {
  /** Oldest first. */
  readonly conversation: ConversationTurn[];
  /** Number of the last message of a person that the conversation contains; 0 if there is none. */
  readonly messagesSeen: number;
};

/** Carries the conversation of interrupted attempts over to the next attempt at the same work. */
export async function carryOverConversation(
  table: Table,
  state: TaskState,
  liveAttempt: LiveAttempt,
): Promise<CarriedConversation> {
  const emptyConversation: CarriedConversation = { conversation: [], messagesSeen: 0 };
  const code = state.reason?.code;
  if (code !== 'attempt_lost' && code !== 'parked') return emptyConversation;
  const parts: ConversationTurn[][] = [];
  let freeBytes = MAX_CONVERSATION_BYTES;
  let { messagesSeen } = emptyConversation;
  const oldest = Math.max(1, liveAttempt.attemptNumber - MAX_ATTEMPTS_BACK);
  for (let n = liveAttempt.attemptNumber - 1; n >= oldest && freeBytes > 0; n -= 1) {
    const key: AttemptKey = { ...toTaskKey(state), attemptNumber: n };
    if (hasOwnOutcome(await loadResult(table, key))) break;
    const turns = await loadLatestTurns(table, key, freeBytes);
    if (turns.length === 0) continue;
    parts.unshift(turns);
    freeBytes -= turns.reduce((sum, turn) => sum + countBytes(turn.text), 0);
    const seen = (await loadAttempt(table, key))?.messagesSeen ?? 0;
    messagesSeen = Math.max(messagesSeen, seen);
  }
  return { conversation: parts.flat(), messagesSeen };
}

/** Returns true if the attempt ended by its own work, so that the next attempt starts a new conversation. */
function hasOwnOutcome(result: AttemptResult | undefined): boolean {
  if (result === undefined) return false;
  if (result.outcome === 'done') return true;
  return !['provider', 'forge', 'infra'].includes(result.cause);
}

/** Loads the latest turns of an attempt that fit into `freeBytes` bytes, oldest first. */
async function loadLatestTurns(
  table: Table,
  key: AttemptKey,
  freeBytes: number,
): Promise<ConversationTurn[]> {
  const turns: ConversationTurn[] = [];
  let remainingBytes = freeBytes;
  const chunks = loadLatestTranscriptChunks(table, key, MAX_TRANSCRIPT_CHUNKS);
  for await (const chunk of chunks) {
    for (const entry of chunk.entries.toReversed()) {
      const role = findTurnRole(entry);
      if (role === undefined) continue;
      remainingBytes -= countBytes(entry.text);
      if (remainingBytes < 0) return turns.reverse();
      turns.push({ role, text: entry.text });
    }
  }
  return turns.reverse();
}

function findTurnRole(entry: TranscriptEntry): ConversationTurn['role'] | undefined {
  return entry.kind === 'user' || entry.kind === 'agent' ? entry.kind : undefined;
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
