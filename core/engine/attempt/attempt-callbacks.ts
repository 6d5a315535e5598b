import type { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import type {
  AttemptResult,
  HeartbeatResponse,
  heartbeatRequestSchema,
  transcriptRequestSchema,
} from '../../contract/attempt.ts';
import { formatAttemptBranch } from '../../contract/branch-name.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { Evidence, Question } from '../../contract/task.ts';
import { boundPauseEnd, MODEL_SYSTEM, recordPause } from '../../store/system-store.ts';
import {
  loadAttempt,
  putAttempt,
  putResult,
  putTranscriptChunk,
} from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { LiveAttempt, TaskState } from '../../task-state/task-state.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import { findPausedForge } from '../apply/record-pause-for.ts';
import { recordPlanUsage } from '../apply/record-plan-usage.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { loadUnreadMessages } from './attempt-messages.ts';

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

export function createAttemptEndedError(key: AttemptKey): AppError {
  return new AppError(
    'conflict',
    'attempt_ended',
    `attempt ${formatAttemptId(key)} has ended: stop, and push nothing`,
  );
}

/** The task of a live attempt; any other attempt is told to stop. */
export async function requireLiveAttempt(
  deps: EngineDeps,
  key: AttemptKey,
): Promise<StoredTask & { readonly current: LiveAttempt }> {
  const task = await loadTask(deps.table, key);
  const current = task?.state.current;
  if (task === undefined || current === undefined || current.n !== key.n)
    throw createAttemptEndedError(key);
  return { ...task, current };
}

/** A task that is refused once more after so many times in a row may be what is wrong: it waits by itself. */
const MAX_SHARED_REFUSALS = 3;
/** Kept on the task itself, for its repair. */
const MAX_FILES = 100;

/** The end of an attempt in its own words. Saying it twice is once; an attempt that was ended otherwise is refused. */
export async function acceptResult(
  deps: EngineDeps,
  key: AttemptKey,
  result: AttemptResult,
): Promise<void> {
  let live: StoredTask & { readonly current: LiveAttempt };
  try {
    live = await requireLiveAttempt(deps, key);
  } catch (error) {
    if (await wasResultAccepted(deps, key)) return;
    throw error;
  }
  const event = await buildResultEvent(deps, key, live, result);
  await putResult(deps.table, key, result);
  const applied = await applyTask(deps, key, event, { actor: 'bridge', loaded: live });
  if (applied.kind === 'stale' || applied.kind === 'missing') {
    // The same call, made again because the first was slow, may have been overtaken by it.
    if (await wasResultAccepted(deps, key)) return;
    throw createAttemptEndedError(key);
  }
  await recordPlanUsage(deps, key.plan, result.usage);
}

/** Whether an attempt that has ended did so by its own result. A stored one proves nothing: it is written before it counts. */
async function wasResultAccepted(deps: EngineDeps, key: AttemptKey): Promise<boolean> {
  const task = await loadTask(deps.table, key);
  return task?.state.reportedAttempts?.includes(key.n) === true;
}

async function buildResultEvent(
  deps: EngineDeps,
  key: AttemptKey,
  live: StoredTask & { readonly current: LiveAttempt },
  result: AttemptResult,
): Promise<TaskEvent> {
  if (result.outcome === 'failed') return buildFailureEvent(deps, key, live.state, result);
  const { evidence, commit, usage } = result;
  if (evidence.commit !== commit)
    throw new AppError(
      'invalid',
      'evidence_of_another_commit',
      `the evidence is of ${evidence.commit}, the result of ${commit}`,
    );
  if (!evidence.green)
    return {
      type: 'attempt_failed',
      n: key.n,
      cause: 'verify_red',
      why: describeRedVerification(result.evidence),
      files: [],
      usage,
      leftOut: result.leftOut.length > 0,
    };
  if (live.current.kind !== 'verify') await requirePushedCommit(deps, key, live.state.repo, commit);
  const proof = { commit, root: evidence.root, green: true, empty: evidence.empty, attempt: key.n };
  return { type: 'result_accepted', n: key.n, commit, evidence: proof, usage };
}

function describeRedVerification(evidence: Evidence): string {
  const red = evidence.results.find((one) => one.exitCode !== 0);
  return red === undefined
    ? 'verification failed'
    : `verification failed: ${red.command.join(' ').slice(0, 500)} ended with ${red.exitCode}\n${red.output.slice(-4_000)}`;
}

async function buildFailureEvent(
  deps: EngineDeps,
  key: AttemptKey,
  state: TaskState,
  result: Extract<AttemptResult, { readonly outcome: 'failed' }>,
): Promise<TaskEvent> {
  const { cause, reason, usage, files, evidence } = result;
  // Whoever repairs it has to know what is red.
  const why = evidence === undefined ? reason : `${reason}\n${describeRedVerification(evidence)}`;
  const now = deps.clock.now();
  switch (cause) {
    case 'provider':
    case 'forge': {
      const until = boundPauseEnd(result.until ?? now + 30_000, now);
      const what = cause === 'provider' ? MODEL_SYSTEM : await findPausedForge(deps, state);
      if (what !== undefined && (state.retryCounts.refusals ?? 0) < MAX_SHARED_REFUSALS)
        await recordPause(deps.table, { what, until, reason: why });
      return { type: 'attempt_refused', n: key.n, until, why, usage, countsAsRefusal: true };
    }
    case 'infra':
      return { type: 'attempt_lost', n: key.n, why, usage };
    case 'agent':
    case 'limit':
    case 'verify_red':
    case 'setup':
    case 'conflict':
      return {
        type: 'attempt_failed',
        n: key.n,
        cause,
        why,
        files: files.slice(0, MAX_FILES).map((file) => file.slice(0, 400)),
        usage,
        leftOut: result.leftOut.length > 0,
      };
    default:
      return cause satisfies never;
  }
}
