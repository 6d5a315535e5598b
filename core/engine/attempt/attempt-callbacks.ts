import type { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import type {
  AttemptBudget,
  AttemptResult,
  HeartbeatResponse,
  heartbeatRequestSchema,
  transcriptRequestSchema,
} from '../../contract/attempt.ts';
import { summariseFlags } from '../../contract/flag.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { formatAttemptBranch, formatAttemptId } from '../../contract/id.ts';
import { buildModelProbeRequest } from '../../contract/queue-message.ts';
import type { Evidence, Question, Usage } from '../../contract/task.ts';
import {
  computeAttemptBudget,
  computeBudgetShare,
  hasBudget,
} from '../../plan-state/plan-state.ts';
import { setSpendingEntry } from '../../store/spending-store.ts';
import { boundPauseEnd, recordPause } from '../../store/system-store.ts';
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
import { enqueueWakeUps } from '../announce-changes.ts';
import {
  applyPlan,
  applyTask,
  checkBudget,
  recordAttemptUsage,
  requirePlan,
} from '../apply/apply-transition.ts';
import { findPausedForge } from '../apply/pause-after-error.ts';
import type { EngineDeps, ForgeDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { loadUnreadMessages } from './attempt-messages.ts';

/**
 * Renews the lease and returns unread messages. The lease is a separate item, so a heartbeat does not conflict with writes of the
 * task.
 */
export async function recordHeartbeat(
  deps: TaskWriteDeps,
  key: AttemptKey,
  heartbeat: z.infer<typeof heartbeatRequestSchema>,
): Promise<HeartbeatResponse> {
  const live = await requireLiveAttempt(deps, key);
  const now = deps.clock.now();
  const before = await loadAttempt(deps.table, key);
  const leaseUntil = now + deps.settings.leaseMs;
  await putAttempt(deps.table, key, before, {
    startedAt: before?.startedAt ?? now,
    heartbeatAt: now,
    leaseUntil,
    phase: heartbeat.phase,
    activity: heartbeat.activity,
    usage: keepHigherUsage(before?.usage, heartbeat.usage),
    progressAt: heartbeat.progressAt,
    messagesSeen: Math.max(before?.messagesSeen ?? 0, heartbeat.messagesSeen),
  });
  const isBudgeted = live.attempt.isBudgeted === true || before?.isBudgeted === true;
  const budget = isBudgeted ? await recordLiveUsage(deps, key, heartbeat.usage) : undefined;
  await closeAnsweredQuestion(deps, key, live, heartbeat.answered);
  const unread = await loadUnreadMessages(deps, key, live, heartbeat.messagesSeen);
  const messages = unread.map(({ n, author, text, answers }) => ({ n, author, text, answers }));
  const finish = live.state.isFinishing ?? false;
  return { leaseUntil, messages, finish, ...(budget && { budget }) };
}

/** Returns the later of two reports of an attempt, whose usage only grows. A heartbeat can arrive after a later heartbeat. */
function keepHigherUsage(before: Usage | undefined, reported: Usage): Usage {
  const countTokens = ({ inputTokens, outputTokens }: Usage) => inputTokens + outputTokens;
  return before !== undefined && countTokens(before) > countTokens(reported) ? before : reported;
}

/** Counts the reported usage against the budget of the plan; returns what the budget allows the attempt in total. */
async function recordLiveUsage(
  deps: TaskWriteDeps,
  key: AttemptKey,
  usage: Usage,
): Promise<AttemptBudget | undefined> {
  const plan = await requirePlan(deps, key.plan);
  if (!hasBudget(plan.state)) return undefined;
  const spending = await setSpendingEntry(deps.table, plan, key, usage);
  await checkBudget(deps, spending);
  return computeAttemptBudget(spending, usage);
}

/**
 * Counts the usage of a result before its transition: the transition wakes the scheduler, and no new attempt may start on a budget that
 * this result has used up.
 */
async function recordFinalUsage(
  deps: TaskWriteDeps,
  key: AttemptKey,
  result: AttemptResult,
): Promise<void> {
  const plan = await requirePlan(deps, key.plan);
  if (!hasBudget(plan.state)) return;
  const spending = await setSpendingEntry(deps.table, plan, key, result.usage);
  if (result.outcome !== 'failed' || result.cause !== 'budget') return;
  const heartbeatAt = (await loadAttempt(deps.table, key))?.heartbeatAt ?? 0;
  // The bridge may not know a later change of the budget yet.
  if ((plan.state.budgetChangedAt ?? 0) > heartbeatAt) return;
  const event = {
    type: 'budget_used',
    share: computeBudgetShare(spending),
    isRestTooSmall: true,
  } as const;
  await applyPlan(deps, key.plan, event, { actor: 'bridge' });
}

/**
 * Closes the open question if the bridge reports an answer, which may be a message from before the question was stored.
 */
async function closeAnsweredQuestion(
  deps: TaskWriteDeps,
  key: AttemptKey,
  live: StoredTask,
  answered: string | undefined,
): Promise<void> {
  if (answered === undefined || answered !== live.state.question?.id) return;
  const event = { type: 'question_answered' as const, n: key.attemptNumber, question: answered };
  await applyTask(deps, key, event, { actor: 'bridge' });
}

/** Stores a chunk of the transcript of a live attempt. */
export async function recordTranscript(
  deps: Pick<EngineDeps, 'table' | 'clock' | 'settings'>,
  key: AttemptKey,
  chunk: z.infer<typeof transcriptRequestSchema>,
): Promise<void> {
  await requireLiveAttempt(deps, key);
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + deps.settings.keepDays * 86_400;
  await putTranscriptChunk(deps.table, key, chunk.n, chunk.entries, expiresAt);
}

/** Stores a checkpoint; throws `commit_not_pushed` unless the commit is the head of the attempt's branch. */
export async function recordCheckpoint(
  deps: ForgeDeps,
  key: AttemptKey,
  commit: string,
): Promise<void> {
  const live = await requireLiveAttempt(deps, key);
  if (live.state.checkpoint === commit) return;
  await requirePushedCommit(deps, key, live.state.repo, commit);
  const applied = await applyTask(
    deps,
    key,
    { type: 'checkpointed', n: key.attemptNumber, commit },
    { actor: 'bridge', loaded: live, announce: 'clients' },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw createAttemptEndedError(key);
}

/** Throws `commit_not_pushed` unless the commit is the head of the attempt's branch. */
export async function requirePushedCommit(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'settings'>,
  key: AttemptKey,
  repo: string,
  commit: string,
): Promise<void> {
  const plan = (await requirePlan(deps, key.plan)).state;
  const branch = formatAttemptBranch(deps.settings.prefix, key);
  const head = await resolveForge(deps, plan, repo).readBranchHead(repo, branch);
  if (head === commit) return;
  // The forge may show a push late. The bridge retries until the lease ends, so finished work is not lost.
  throw new AppError(
    'transient',
    'commit_not_pushed',
    `commit ${commit} is not yet the head of branch ${branch}: push the commit to that branch, then retry`,
  );
}

/** Stores a question of the agent, for which the task then waits. */
export async function askQuestion(
  deps: TaskWriteDeps,
  key: AttemptKey,
  question: Question,
): Promise<void> {
  const live = await requireLiveAttempt(deps, key);
  const applied = await applyTask(
    deps,
    key,
    { type: 'question_asked', n: key.attemptNumber, question },
    { actor: 'agent', loaded: live },
  );
  if (applied.kind === 'stale' || applied.kind === 'missing') throw createAttemptEndedError(key);
}

export function createAttemptEndedError(key: AttemptKey): AppError {
  return new AppError(
    'conflict',
    'attempt_ended',
    `attempt ${formatAttemptId(key)} has ended: stop the agent and push nothing`,
  );
}

/** Loads the task of a live attempt; throws `attempt_ended` for any other attempt, so its bridge stops. */
export async function requireLiveAttempt(
  deps: StoreDeps,
  key: AttemptKey,
): Promise<StoredTask & { readonly attempt: LiveAttempt }> {
  const task = await loadTask(deps.table, key);
  const liveAttempt = task?.state.liveAttempt;
  if (
    task === undefined ||
    liveAttempt === undefined ||
    liveAttempt.attemptNumber !== key.attemptNumber
  )
    throw createAttemptEndedError(key);
  return { ...task, attempt: liveAttempt };
}

/** Number of consecutive refusals of a task after which the task may be the cause, so that other tasks are no longer paused. */
const MAX_SHARED_REFUSALS = 3;
/** Maximum number of files of a failure that the task stores for its repair. */
const MAX_FAILURE_FILES = 100;
/** Maximum length of a stored file path, characters. */
const MAX_FILE_PATH_CHARS = 400;
/** Pause of an outside system after a refusal without a stated end, milliseconds. */
const DEFAULT_PAUSE_MS = 30_000;

/**
 * Accepts the result of a live attempt. A repeated call has no effect. Throws `attempt_ended` if the attempt ended in another
 * way.
 */
export async function acceptResult(
  deps: ForgeDeps,
  key: AttemptKey,
  result: AttemptResult,
): Promise<void> {
  let live: StoredTask & { readonly attempt: LiveAttempt };
  try {
    live = await requireLiveAttempt(deps, key);
  } catch (error) {
    if (await wasResultAccepted(deps, key)) return;
    throw error;
  }
  const event = await buildResultEvent(deps, key, live, result);
  await putResult(deps.table, key, result);
  if (live.attempt.isBudgeted === true) await recordFinalUsage(deps, key, result);
  const applied = await applyTask(deps, key, event, { actor: 'bridge', loaded: live });
  if (applied.kind === 'stale' || applied.kind === 'missing') {
    // An earlier call with the same result may have won the race.
    if (await wasResultAccepted(deps, key)) return;
    throw createAttemptEndedError(key);
  }
  await recordAttemptUsage(deps, key, result.usage);
  const isModelRefusal = result.outcome === 'failed' && result.cause === 'provider';
  if (isModelRefusal) await enqueueWakeUps(deps, [buildModelProbeRequest()]);
}

/**
 * Returns true if the attempt ended by its result. A stored result does not show this, because the result is written before the
 * transition.
 */
async function wasResultAccepted(deps: StoreDeps, key: AttemptKey): Promise<boolean> {
  const task = await loadTask(deps.table, key);
  return task?.state.reportedAttempts?.includes(key.attemptNumber) === true;
}

async function buildResultEvent(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock' | 'settings'>,
  key: AttemptKey,
  live: StoredTask & { readonly attempt: LiveAttempt },
  result: AttemptResult,
): Promise<TaskEvent> {
  if (result.outcome === 'failed') return buildFailureEvent(deps, key, live.state, result);
  const { evidence, commit, usage } = result;
  if (evidence.commit !== commit)
    throw new AppError(
      'invalid',
      'evidence_of_another_commit',
      `the result names commit ${commit}, but its evidence verifies commit ${evidence.commit}: verify the commit that the result names`,
    );
  if (!evidence.green)
    return {
      type: 'attempt_failed',
      n: key.attemptNumber,
      cause: 'verify_red',
      why: describeRedVerification(result.evidence),
      files: [],
      usage,
      leftOut: result.leftOut.length > 0,
    };
  const { root, empty } = evidence;
  // A task without changes has no commit of its own: its result names the verified root commit.
  const isTaskUnchanged =
    live.attempt.kind === 'work' && result.noChange === 'task' && commit === root;
  const noChange = isTaskUnchanged ? ('task' as const) : ('repair' as const);
  if (live.attempt.kind !== 'verify' && !isTaskUnchanged)
    await requirePushedCommit(deps, key, live.state.repo, commit);
  const taskEvidence = { commit, root, green: true, empty, attempt: key.attemptNumber };
  return {
    type: 'result_accepted',
    n: key.attemptNumber,
    commit,
    evidence: taskEvidence,
    usage,
    flags: summariseFlags(result.flagged, result.flagCounts),
    ...(result.noChange && { noChange, uncommitted: result.uncommitted }),
  };
}

function describeRedVerification(evidence: Evidence): string {
  const failed = evidence.results.find((result) => result.exitCode !== 0);
  if (failed === undefined) return 'verification failed';
  const command = failed.command.join(' ').slice(0, 500);
  const end =
    failed.exitCode === null ? 'did not finish' : `ended with exit code ${failed.exitCode}`;
  return `verification failed: ${command} ${end}\n${failed.output.slice(-4_000)}`;
}

/** Describes a failure with the failed command and its output, which a repair needs. */
function describeFailure(state: TaskState, reason: string, evidence?: Evidence): string {
  if (evidence === undefined) return reason;
  const verification = describeRedVerification(evidence);
  // A base check verifies a single commit, so the reason of the bridge would add nothing.
  return state.kind === 'base' ? verification : `${reason}\n${verification}`;
}

async function buildFailureEvent(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  key: AttemptKey,
  state: TaskState,
  result: Extract<AttemptResult, { readonly outcome: 'failed' }>,
): Promise<TaskEvent> {
  const { cause, reason, usage, files, evidence } = result;
  const why = describeFailure(state, reason, evidence);
  const now = deps.clock.now();
  switch (cause) {
    case 'provider':
    case 'forge': {
      const until = boundPauseEnd(result.until ?? now + DEFAULT_PAUSE_MS, now);
      // A refusal of the model concerns only this attempt, until the platform's own probe is refused as well.
      const system = cause === 'forge' ? await findPausedForge(deps, state) : undefined;
      if (system !== undefined && (state.retryCounts.refusals ?? 0) < MAX_SHARED_REFUSALS)
        await recordPause(deps.table, { system, until, reason: why });
      return {
        type: 'attempt_refused',
        n: key.attemptNumber,
        until,
        why,
        usage,
        countsAsRefusal: true,
      };
    }
    case 'infra':
      return { type: 'attempt_lost', n: key.attemptNumber, why, usage, isFault: true };
    case 'budget':
      return {
        type: 'attempt_refused',
        n: key.attemptNumber,
        until: now,
        why,
        usage,
        isBudgetUsed: true,
      };
    case 'agent':
    case 'agent_missing':
    case 'repository':
    case 'limit':
    case 'verify_red':
    case 'setup':
    case 'conflict':
      return {
        type: 'attempt_failed',
        n: key.attemptNumber,
        cause,
        why,
        files: files.slice(0, MAX_FAILURE_FILES).map((file) => file.slice(0, MAX_FILE_PATH_CHARS)),
        usage,
        leftOut: result.leftOut.length > 0,
      };
    default:
      return cause satisfies never;
  }
}
