import type { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import type {
  HeartbeatResponse,
  heartbeatRequestSchema,
  transcriptRequestSchema,
} from '../../contract/attempt.ts';
import { formatAttemptBranch } from '../../contract/branch-name.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { Question } from '../../contract/task.ts';
import { loadAttempt, putAttempt, putTranscriptChunk } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-forge.ts';
import { loadUnreadMessages } from './attempt-messages.ts';
import { createAttemptEndedError, requireLiveAttempt } from './require-live-attempt.ts';

// What a live bridge says while it works.

/** Renews the lease on an item of its own, so that a heartbeat contends with nobody. */
export async function recordHeartbeat(
  deps: EngineDeps,
  key: AttemptKey,
  said: z.infer<typeof heartbeatRequestSchema>,
): Promise<HeartbeatResponse> {
  const live = await requireLiveAttempt(deps, key);
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
  await closeAnsweredQuestion(deps, key, live, said.answered);
  const unread = await loadUnreadMessages(deps, key, live, said.messagesSeen);
  const messages = unread.map(({ n, author, text, answers }) => ({ n, author, text, answers }));
  return { leaseUntil, messages, finish: live.state.isFinishing ?? false };
}

/** What a person said before the question was recorded names no question, and is its answer all the same. */
async function closeAnsweredQuestion(
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
  await requireLiveAttempt(deps, key);
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + deps.settings.keepDays * 86_400;
  await putTranscriptChunk(deps.table, key, chunk.n, chunk.entries, expiresAt);
}

/** Only what is on the attempt's own branch is taken. */
export async function recordCheckpoint(
  deps: EngineDeps,
  key: AttemptKey,
  commit: string,
): Promise<void> {
  const live = await requireLiveAttempt(deps, key);
  if (live.state.checkpoint === commit) return;
  await requirePushedCommit(deps, key, live.state.repo, commit);
  const applied = await applyTask(
    deps,
    key,
    { type: 'checkpointed', n: key.n, commit },
    { actor: 'bridge', loaded: live, announce: 'clients' },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw createAttemptEndedError(key);
}

export async function requirePushedCommit(
  deps: EngineDeps,
  key: AttemptKey,
  repo: string,
  commit: string,
): Promise<void> {
  const plan = (await requirePlan(deps, key.plan)).state;
  const branch = formatAttemptBranch(deps.settings.prefix, key);
  const head = await resolveForge(deps, plan, repo).readBranchHead(repo, branch);
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
  const live = await requireLiveAttempt(deps, key);
  const applied = await applyTask(
    deps,
    key,
    { type: 'question_asked', n: key.n, question },
    { actor: 'agent', loaded: live },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw createAttemptEndedError(key);
}
