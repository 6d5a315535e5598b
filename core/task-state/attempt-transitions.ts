import type { TaskEvent } from './task-event.ts';
import type { LiveAttempt, TaskState, TransitionContext } from './task-state.ts';
import { addUsage, blockTask, endAttempt, isSchedulable } from './task-state.ts';

// Transitions of a task by events of its attempts. A task that is `merging` or `pr_open` keeps its status during a `verify` attempt.

type EventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: T }>;

export function onClaimed(
  state: TaskState,
  event: EventOf<'claimed'>,
  context: TransitionContext,
): TaskState | undefined {
  if (!isSchedulable(state) || event.n <= state.attempt || event.kind !== state.nextAttemptKind)
    return undefined;
  const keepsStatus = state.status === 'merging' || state.status === 'pr_open';
  return {
    ...state,
    status: keepsStatus ? state.status : 'claimed',
    attempt: event.n,
    liveAttempt: {
      attemptNumber: event.n,
      kind: event.kind,
      from: state.status,
      phase: 'claimed',
      claimedAt: context.now,
      leaseUntil: event.leaseUntil,
    },
  };
}

/** Sets the phase of the live attempt, and the status to the same value unless the task keeps its status. */
function setAttemptPhase(
  state: TaskState,
  liveAttempt: LiveAttempt,
  phase: LiveAttempt['phase'],
): TaskState {
  const keepsStatus = liveAttempt.from === 'merging' || liveAttempt.from === 'pr_open';
  return {
    ...state,
    status: keepsStatus ? state.status : phase,
    liveAttempt: { ...liveAttempt, phase },
  };
}

export function onBridgeReady(
  state: TaskState,
  event: EventOf<'bridge_ready'>,
  context: TransitionContext,
): TaskState | undefined {
  if (state.liveAttempt?.phase !== 'claimed') return undefined;
  const liveAttempt: LiveAttempt = {
    ...state.liveAttempt,
    leaseUntil: event.leaseUntil,
    ...(event.isBudgeted === true && { isBudgeted: true }),
  };
  return {
    ...setAttemptPhase(state, liveAttempt, 'working'),
    startedAt: state.startedAt ?? context.now,
  };
}

export function onQuestionAsked(
  state: TaskState,
  event: EventOf<'question_asked'>,
): TaskState | undefined {
  const { id } = event.question;
  // A repeated question is open already, or its answer is under way.
  if (state.liveAttempt === undefined || id === state.question?.id || id === state.answeredQuestion)
    return undefined;
  return {
    ...setAttemptPhase(state, state.liveAttempt, 'awaiting_input'),
    question: event.question,
  };
}

export function onQuestionAnswered(
  state: TaskState,
  event: EventOf<'question_answered'>,
): TaskState | undefined {
  const openQuestion = state.question?.id;
  if (state.liveAttempt === undefined || (event.question ?? openQuestion) !== openQuestion)
    return undefined;
  return {
    ...setAttemptPhase(state, state.liveAttempt, 'working'),
    question: undefined,
    answeredQuestion: openQuestion,
  };
}

export function onCheckpointed(
  state: TaskState,
  event: EventOf<'checkpointed'>,
): TaskState | undefined {
  if (state.checkpoint === event.commit) return undefined;
  return {
    ...state,
    checkpoint: event.commit,
    retryCounts: { ...state.retryCounts, refusals: undefined },
  };
}

/** Ends the attempt and returns the task to its status before the claim; the next attempt has the same kind. */
function returnUnfinished(state: TaskState, liveAttempt: LiveAttempt): TaskState {
  return { ...endAttempt(state), status: liveAttempt.from, nextAttemptKind: liveAttempt.kind };
}

/** Returns the wait after a lost attempt, milliseconds: none after the first loss, then twice as long each time. */
function computeLossBackoffMs(losses: number): number {
  return losses < 2 ? 0 : Math.min(300_000, 5_000 * 2 ** (losses - 2));
}

/** Maximum number of entries in `reportedAttempts`; no bridge repeats the result of an older attempt. */
const MAX_REPORTED_ATTEMPTS = 8;

/** Appends an attempt whose bridge reported the end. An event with `usage` comes from the bridge; only a bridge knows the usage. */
function appendReportedAttempt(state: TaskState, n: number): readonly number[] {
  return [...(state.reportedAttempts ?? []), n].slice(-MAX_REPORTED_ATTEMPTS);
}

/** Number of losses in a row by the same fault after which the task is blocked, because another attempt would fail as well. */
const MAX_EQUAL_FAULTS = 3;
/** Faults are equal if their texts are equal up to this length, characters. */
const MAX_COMPARED_FAULT_CHARS = 300;

/** Counts the losses in a row by the same reported fault; undefined for a loss without a reported reason. */
function countEqualFaults(state: TaskState, event: EventOf<'attempt_lost'>): number | undefined {
  if (event.isFault !== true) return undefined;
  const { reason, retryCounts } = state;
  const isSameFault =
    reason?.code === 'attempt_lost' &&
    reason.text.slice(0, MAX_COMPARED_FAULT_CHARS) === event.why.slice(0, MAX_COMPARED_FAULT_CHARS);
  return isSameFault ? (retryCounts.equalFaults ?? 0) + 1 : 1;
}

export function onAttemptLost(
  state: TaskState,
  event: EventOf<'attempt_lost'>,
  context: TransitionContext,
): TaskState | undefined {
  if (state.liveAttempt === undefined) return undefined;
  const losses = state.retryCounts.infra + 1;
  const equalFaults = countEqualFaults(state, event);
  const returned = returnUnfinished(state, state.liveAttempt);
  const next = {
    ...returned,
    retryCounts: { ...state.retryCounts, infra: losses, equalFaults },
    reportedAttempts: event.usage ? appendReportedAttempt(state, event.n) : state.reportedAttempts,
    usage: event.usage ? addUsage(state.usage, event.usage) : state.usage,
  };
  if (equalFaults !== undefined && equalFaults >= MAX_EQUAL_FAULTS)
    return blockTask(
      next,
      'repeated_fault',
      `the same fault ended ${equalFaults} attempts in a row, so another attempt would not help: ${event.why}`,
    );
  if (losses > context.bounds.maxLostAttempts)
    return blockTask(
      next,
      'attempts_lost',
      `${losses} attempts in a row were lost, the last because ${event.why}`,
    );
  const waitMs = computeLossBackoffMs(losses);
  return {
    ...next,
    parkedUntil: waitMs > 0 ? context.now + waitMs : undefined,
    reason: { code: 'attempt_lost', text: event.why },
  };
}

/** Maximum refusals in a row before the task is blocked; with the waits in between, about a day. */
const MAX_REFUSALS = 100;

/** Returns the minimum wait after a refusal, milliseconds; the wait grows with the refusals in a row. */
function computeRefusalBackoffMs(refusals: number): number {
  return refusals < 4 ? 1 : Math.min(900_000, 60_000 * 2 ** (refusals - 4));
}

export function onAttemptRefused(
  state: TaskState,
  event: EventOf<'attempt_refused'>,
  context: TransitionContext,
): TaskState | undefined {
  if (state.liveAttempt === undefined) return undefined;
  const refusals = (state.retryCounts.refusals ?? 0) + (event.countsAsRefusal === true ? 1 : 0);
  const next = {
    ...returnUnfinished(state, state.liveAttempt),
    retryCounts: { ...state.retryCounts, refusals: refusals || undefined },
    reportedAttempts: event.usage ? appendReportedAttempt(state, event.n) : state.reportedAttempts,
    usage: event.usage ? addUsage(state.usage, event.usage) : state.usage,
  };
  if (refusals > MAX_REFUSALS)
    return blockTask(
      next,
      'refused',
      `${refusals} attempts in a row were refused, the last because of: ${event.why}`,
    );
  if (event.isBudgetUsed === true)
    return { ...next, parkedUntil: undefined, reason: { code: 'budget', text: event.why } };
  return {
    ...next,
    parkedUntil: Math.max(event.until, context.now + computeRefusalBackoffMs(refusals)),
    reason: { code: 'parked', text: event.why },
  };
}

export function onAttemptFailed(
  state: TaskState,
  event: EventOf<'attempt_failed'>,
  context: TransitionContext,
): TaskState | undefined {
  const liveAttempt = state.liveAttempt;
  if (liveAttempt === undefined) return undefined;
  const ended = {
    ...endAttempt(state),
    reportedAttempts: appendReportedAttempt(state, event.n),
    usage: addUsage(state.usage, event.usage),
    lastFailure: event.why,
  };
  if (state.kind === 'base' && event.cause === 'verify_red')
    return blockTask(ended, 'base_red', event.why);
  if (liveAttempt.kind === 'verify' && (event.cause === 'verify_red' || event.cause === 'conflict'))
    return requestRepair(ended, event, context);
  if (event.cause === 'verify_red' && event.leftOut)
    return blockTask(
      ended,
      'left_out',
      `${event.why} (changes within the scope of another task were left out of the commit)`,
    );
  // Only a person can install the program or repair the repository, so a retry would fail again.
  if (event.cause === 'agent_missing' || event.cause === 'repository')
    return blockTask(ended, event.cause, event.why);
  const failures = state.retryCounts.agent + 1;
  const next = {
    ...ended,
    retryCounts: { ...state.retryCounts, agent: failures },
    nextAttemptKind: liveAttempt.kind,
  };
  if (failures > context.bounds.maxRetries) return blockTask(next, event.cause, event.why);
  const reason = { code: event.cause, text: event.why };
  return { ...next, status: liveAttempt.kind === 'verify' ? liveAttempt.from : 'ready', reason };
}

/** Requests a `repair` attempt after a failed `verify` attempt; blocks the task after too many repairs. */
function requestRepair(
  state: TaskState,
  event: EventOf<'attempt_failed'>,
  context: TransitionContext,
): TaskState {
  const repair = state.retryCounts.repair + 1;
  const reason = event.cause === 'conflict' ? ('conflict' as const) : ('verify_red' as const);
  const next: TaskState = {
    ...state,
    nextAttemptKind: 'repair',
    retryCounts: { ...state.retryCounts, agent: 0, repair },
    repair: { reason, detail: event.why, files: event.files, tasks: [] },
    reason: { code: reason, text: event.why },
  };
  if (repair > context.bounds.maxRepairs)
    return blockTask(
      next,
      reason,
      `${context.bounds.maxRepairs} repairs did not help: ${event.why}`,
    );
  return {
    ...next,
    status: state.kind === 'end' && state.accepted === undefined ? 'ready' : 'changes_requested',
  };
}

/** Limit of `TaskState.uncommitted`, because every write of the task copies the list. */
const MAX_UNCOMMITTED_GROUPS = 20;

export function onResultAccepted(
  state: TaskState,
  event: EventOf<'result_accepted'>,
  context: TransitionContext,
): TaskState | undefined {
  const liveAttempt = state.liveAttempt;
  if (liveAttempt === undefined) return undefined;
  const ended = {
    ...endAttempt(state),
    reportedAttempts: appendReportedAttempt(state, event.n),
    usage: addUsage(state.usage, event.usage),
    reason: undefined,
  };
  if (liveAttempt.kind === 'verify') return acceptVerification(ended, event, context);
  const hasNoChange = event.noChange !== undefined;
  return {
    ...ended,
    // A task without changes has nothing to merge, so it waits for a person at once, without a pull request.
    status: event.noChange === 'task' && state.pull === undefined ? 'in_review' : 'pr_open',
    noChange: hasNoChange ? true : undefined,
    flags: event.flags,
    uncommitted: hasNoChange ? event.uncommitted?.slice(0, MAX_UNCOMMITTED_GROUPS) : undefined,
    nextAttemptKind: 'work',
    retryCounts: {
      ...state.retryCounts,
      agent: 0,
      infra: 0,
      refusals: undefined,
      equalFaults: undefined,
    },
    accepted: {
      commit: event.commit,
      attempt: event.n,
      firstAttempt: state.accepted?.firstAttempt ?? event.n,
    },
    checkpoint: event.commit,
    evidence: event.evidence,
    repair: undefined,
    lastFailure: undefined,
    verifyRoot: undefined,
  };
}

function acceptVerification(
  state: TaskState,
  event: EventOf<'result_accepted'>,
  context: TransitionContext,
): TaskState {
  const next: TaskState = {
    ...state,
    nextAttemptKind: 'work',
    verifyRoot: undefined,
    evidence: event.evidence,
  };
  const hasNoCommit = state.kind === 'base' || state.kind === 'end';
  if (hasNoCommit && state.accepted === undefined)
    return { ...next, status: 'merged', mergeSha: event.commit, finishedAt: context.now };
  // The accepted commit changed during the verification, so the new evidence does not apply to the current commit.
  if (state.accepted?.commit !== event.commit) return { ...next, evidence: state.evidence };
  return next;
}
