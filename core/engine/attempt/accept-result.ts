import { AppError } from '../../base/app-error.ts';
import type { AttemptResult } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import type { Evidence } from '../../contract/task.ts';
import { boundPauseEnd, MODEL_SYSTEM, recordPause } from '../../store/pause-store.ts';
import { putResult } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { LiveAttempt, TaskState } from '../../task-state/task-state.ts';
import { applyTask } from '../apply/apply-task.ts';
import { findPausedForge } from '../apply/record-pause-for.ts';
import { recordPlanUsage } from '../apply/record-plan-usage.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { requirePushedCommit } from './attempt-callbacks.ts';
import { createAttemptEndedError, requireLiveAttempt } from './require-live-attempt.ts';

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
