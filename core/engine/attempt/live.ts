import type { z } from 'zod';
import type {
  HeartbeatResponse,
  heartbeatRequestSchema,
  transcriptRequestSchema,
} from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { Question } from '../../contract/task.ts';
import { AppError } from '../../error.ts';
import { attemptBranch } from '../../lifecycle/branch.ts';
import { loadAttempt, putAttempt, putTranscript } from '../../store/task-detail.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { requirePlan } from '../apply-plan.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { forgeOf } from '../task/task-forge.ts';
import { attemptEnded, requireLive } from './fence.ts';
import { unreadMessages } from './message.ts';

// What a live bridge says while it works.

/** Renews the lease on an item of its own, so that a heartbeat contends with nobody. */
export async function heartbeat(
  deps: EngineDeps,
  key: AttemptKey,
  said: z.infer<typeof heartbeatRequestSchema>,
): Promise<HeartbeatResponse> {
  const live = await requireLive(deps, key);
  const now = deps.clock.now();
  const before = await loadAttempt(deps.table, key);
  const leaseUntil = now + deps.settings.leaseMs;
  await putAttempt(deps.table, key, {
    startedAt: before?.startedAt ?? now,
    heartbeatAt: now,
    leaseUntil,
    phase: said.phase,
    activity: said.activity,
    usage: said.usage,
    progressAt: said.progressAt,
    messagesSeen: Math.max(before?.messagesSeen ?? 0, said.messagesSeen),
  });
  await closeAnswered(deps, key, live, said.answered);
  const unread = await unreadMessages(deps, key, live, said.messagesSeen);
  const messages = unread.map(({ n, author, text, answers }) => ({ n, author, text, answers }));
  return { leaseUntil, messages, finish: live.state.finishing ?? false };
}

/** What a person said before the question was recorded names no question, and is its answer all the same. */
async function closeAnswered(
  deps: EngineDeps,
  key: AttemptKey,
  live: StoredTask,
  answered: string | undefined,
): Promise<void> {
  if (answered === undefined || answered !== live.state.question?.id) return;
  const event = { type: 'question_answered' as const, n: key.n, question: answered };
  await applyTask(deps, key, event, { actor: 'bridge' });
}

export async function recordTranscript(
  deps: EngineDeps,
  key: AttemptKey,
  chunk: z.infer<typeof transcriptRequestSchema>,
): Promise<void> {
  await requireLive(deps, key);
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + deps.settings.keepDays * 86_400;
  await putTranscript(deps.table, key, chunk.n, chunk.entries, expiresAt);
}

/** Only what is on the attempt's own branch is taken. */
export async function recordCheckpoint(
  deps: EngineDeps,
  key: AttemptKey,
  commit: string,
): Promise<void> {
  const live = await requireLive(deps, key);
  if (live.state.checkpoint === commit) return;
  await requirePushed(deps, key, live.state.repo, commit);
  const applied = await applyTask(
    deps,
    key,
    { type: 'checkpointed', n: key.n, commit },
    { actor: 'bridge', loaded: live, hint: false },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw attemptEnded(key);
}

export async function requirePushed(
  deps: EngineDeps,
  key: AttemptKey,
  repo: string,
  commit: string,
): Promise<void> {
  const plan = (await requirePlan(deps, key.plan)).state;
  const branch = attemptBranch(deps.settings.prefix, key);
  const head = await forgeOf(deps, plan, repo).branchHead(repo, branch);
  if (head === commit) return;
  // A forge may show a push late: asked again until the lease ends, it costs no finished work.
  throw new AppError(
    'transient',
    'commit_not_pushed',
    `commit ${commit} is not the head of ${branch} yet: push it there first`,
  );
}

export async function askQuestion(
  deps: EngineDeps,
  key: AttemptKey,
  question: Question,
): Promise<void> {
  const live = await requireLive(deps, key);
  const applied = await applyTask(
    deps,
    key,
    { type: 'question_asked', n: key.n, question },
    { actor: 'agent', loaded: live },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw attemptEnded(key);
}
