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
import { applyTask } from '../apply/apply-task.ts';
import { requireTask } from '../apply/require-task.ts';
import type { EngineDeps } from '../engine-deps.ts';

// What people say to an agent: numbered, each once however often it is sent. A message is put, then counted on the task,
// then taken as the answer of the question that is open; what a crash leaves undone of that, the next heartbeat does.

/** A repeated send is looked for among so many. */
const MAX_SEARCHED_MESSAGES = 200;

/** A message to the agent; naming the open question, or any message while one is open, answers it. */
export async function sendMessage(
  deps: EngineDeps,
  plan: string,
  task: string,
  said: { readonly text: string; readonly answers?: string; readonly key?: string },
  actor: string,
): Promise<StoredMessage> {
  const stored = await requireTask(deps, plan, task);
  const id = deriveMessageId(deps, stored, actor, said.key);
  const known = said.key === undefined ? undefined : await findMessageById(deps, stored, id);
  if (known !== undefined) return acceptRepeatedMessage(deps, stored, known, said.text);
  const question = stored.state.question?.id;
  if (said.answers !== undefined && said.answers !== question)
    throw new AppError(
      'conflict',
      'question_closed',
      `task ${task} does not ask ${said.answers} (any more)`,
    );
  return appendMessage(deps, stored, { id, author: actor, text: said.text, answers: question });
}

function deriveMessageId(
  deps: EngineDeps,
  { state }: StoredTask,
  actor: string,
  key: string | undefined,
): string {
  if (key === undefined) return deps.newId();
  return deriveIdempotentId(actor, `sendMessage ${state.plan} ${state.task}`, key);
}

async function findMessageById(
  deps: EngineDeps,
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
  deps: EngineDeps,
  stored: StoredTask,
  known: StoredMessage,
  text: string,
): Promise<StoredMessage> {
  if (known.text !== text)
    throw new AppError(
      'invalid',
      'idempotency_key_reused',
      'this Idempotency-Key was used before with another message; take a new key for a new one',
    );
  await completeMessage(deps, stored, known);
  return known;
}

/** Under the next free number. A number that this very message has taken is its own: its put was applied, its answer lost. */
export async function appendMessage(
  deps: EngineDeps,
  stored: StoredTask,
  said: {
    readonly id: string;
    readonly author: string;
    readonly text: string;
    readonly answers?: string;
  },
): Promise<StoredMessage> {
  const key = toTaskKey(stored.state);
  for (let n = stored.messageCount + 1; ; n += 1) {
    const message: StoredMessage = { ...said, n, at: deps.clock.now() };
    const isPut = await putMessage(deps.table, key, message);
    const there = isPut ? message : await loadMessage(deps.table, key, n);
    if (there?.id !== said.id) continue;
    await completeMessage(deps, stored, there);
    return there;
  }
}

/** Counts it, and closes the question that it answers. */
async function completeMessage(
  deps: EngineDeps,
  { state }: StoredTask,
  message: StoredMessage,
): Promise<void> {
  const key = toTaskKey(state);
  await recordMessageCount(deps.table, key, message.n);
  const { current } = state;
  const question = message.answers;
  if (question === undefined || question !== state.question?.id || current === undefined) return;
  await applyTask(
    deps,
    key,
    { type: 'question_answered', n: current.n, question },
    { actor: message.author },
  );
}

/** Messages after `seen`; the newest of them may not have been counted. */
export async function loadUnreadMessages(
  deps: EngineDeps,
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
