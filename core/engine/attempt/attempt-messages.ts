import { deriveIdempotentId } from '../../access/idempotency.ts';
import { AppError } from '../../base/app-error.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { StoredMessage } from '../../store/task-detail-store.ts';
import {
  loadLatestMessages,
  loadMessage,
  loadMessages,
  putMessage,
} from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { recordMessageCount, toTaskKey } from '../../store/task-store.ts';
import { applyTask, requireTask } from '../apply/apply-transition.ts';
import type { EngineDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';

// Messages of people to an agent, numbered per task. A message that a client sends repeatedly is stored once. A message is stored,
// then counted on the task, then closes the open question. After a crash between these steps the next heartbeat does the missing steps.

/** Number of latest messages that are searched for an earlier copy of a message. */
const MAX_SEARCHED_MESSAGES = 200;

/** Sends a message to the agent. While a question is open, every message answers the question. */
export async function sendMessage(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  message: { readonly text: string; readonly answers?: string; readonly key?: string },
  actor: string,
): Promise<StoredMessage> {
  const stored = await requireTask(deps, plan, task);
  const id = deriveMessageId(deps, stored, actor, message.key);
  const existing = message.key === undefined ? undefined : await findMessageById(deps, stored, id);
  if (existing !== undefined) return acceptRepeatedMessage(deps, stored, existing, message.text);
  const question = stored.state.question?.id;
  if (message.answers !== undefined && message.answers !== question)
    throw new AppError(
      'conflict',
      'question_closed',
      `question ${message.answers} of task ${task} is no longer open: read the task again and answer its current question`,
    );
  return appendMessage(deps, stored, { id, author: actor, text: message.text, answers: question });
}

function deriveMessageId(
  deps: Pick<EngineDeps, 'newId'>,
  { state }: StoredTask,
  actor: string,
  key: string | undefined,
): string {
  if (key === undefined) return deps.newId();
  return deriveIdempotentId(actor, `sendMessage ${state.plan} ${state.task}`, key);
}

async function findMessageById(
  deps: StoreDeps,
  stored: StoredTask,
  id: string,
): Promise<StoredMessage | undefined> {
  const recent = await loadLatestMessages(
    deps.table,
    toTaskKey(stored.state),
    MAX_SEARCHED_MESSAGES,
  );
  return recent.find((message) => message.id === id);
}

async function acceptRepeatedMessage(
  deps: TaskWriteDeps,
  stored: StoredTask,
  existing: StoredMessage,
  text: string,
): Promise<StoredMessage> {
  if (existing.text !== text)
    throw new AppError(
      'invalid',
      'idempotency_key_reused',
      'this Idempotency-Key was used before with another message; use a new key for a new message',
    );
  await completeMessage(deps, stored, existing);
  return existing;
}

/**
 * Stores a message under the next free number. If the number already holds this message, an earlier write succeeded and only its
 * response was lost.
 */
export async function appendMessage(
  deps: TaskWriteDeps,
  stored: StoredTask,
  message: {
    readonly id: string;
    readonly author: string;
    readonly text: string;
    readonly answers?: string;
  },
): Promise<StoredMessage> {
  const key = toTaskKey(stored.state);
  for (let n = stored.messageCount + 1; ; n += 1) {
    const numbered: StoredMessage = { ...message, n, at: deps.clock.now() };
    const isStored = await putMessage(deps.table, key, numbered);
    const saved = isStored ? numbered : await loadMessage(deps.table, key, n);
    if (saved?.id !== message.id) continue;
    await completeMessage(deps, stored, saved);
    return saved;
  }
}

/** Counts the message on the task and closes the answered question. */
async function completeMessage(
  deps: TaskWriteDeps,
  { state }: StoredTask,
  message: StoredMessage,
): Promise<void> {
  const key = toTaskKey(state);
  await recordMessageCount(deps.table, key, message.n);
  const { liveAttempt } = state;
  const question = message.answers;
  if (question === undefined || question !== state.question?.id || liveAttempt === undefined)
    return;
  await applyTask(
    deps,
    key,
    { type: 'question_answered', n: liveAttempt.attemptNumber, question },
    { actor: message.author },
  );
}

/** Loads the messages after number `seen` and counts the newest message, which a crash may have left uncounted. */
export async function loadUnreadMessages(
  deps: TaskWriteDeps,
  key: AttemptKey,
  stored: StoredTask,
  seen: number,
): Promise<StoredMessage[]> {
  const unread = await loadMessages(deps.table, key, seen);
  const answer = unread.find(
    (message) => message.answers !== undefined && message.answers === stored.state.question?.id,
  );
  const newest = unread.at(-1);
  if (answer !== undefined) await completeMessage(deps, stored, answer);
  if (newest !== undefined && newest.n > stored.messageCount)
    await recordMessageCount(deps.table, key, newest.n);
  return unread;
}
