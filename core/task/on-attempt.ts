import type { TaskEvent } from './event.ts';
import { blocked, endAttempt, type RowContext } from './row.ts';
import { addUsage, isSchedulable, type LiveAttempt, type TaskState } from './state.ts';

// What an attempt's life does to its task.

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

export function onClaimed(
  state: TaskState,
  event: Of<'claimed'>,
  context: RowContext,
): TaskState | undefined {
  if (!isSchedulable(state) || event.n <= state.attempt || event.kind !== state.wants)
    return undefined;
  const beside = state.status === 'merging' || state.status === 'pr_open';
  return {
    ...state,
    status: beside ? state.status : 'claimed',
    attempt: event.n,
    current: {
      n: event.n,
      kind: event.kind,
      from: state.status,
      phase: 'claimed',
      claimedAt: context.now,
      leaseUntil: event.leaseUntil,
    },
  };
}

function withPhase(state: TaskState, current: LiveAttempt, phase: LiveAttempt['phase']): TaskState {
  const beside = current.from === 'merging' || current.from === 'pr_open';
  return { ...state, status: beside ? state.status : phase, current: { ...current, phase } };
}

export function onBridgeReady(
  state: TaskState,
  event: Of<'bridge_ready'>,
  context: RowContext,
): TaskState | undefined {
  if (state.current?.phase !== 'claimed') return undefined;
  const current = { ...state.current, leaseUntil: event.leaseUntil };
  return { ...withPhase(state, current, 'working'), startedAt: state.startedAt ?? context.now };
}

export function onQuestionAsked(
  state: TaskState,
  event: Of<'question_asked'>,
): TaskState | undefined {
  const { id } = event.question;
  // Said again: it is open already, or its answer is on its way.
  if (state.current === undefined || id === state.question?.id || id === state.answered)
    return undefined;
  return { ...withPhase(state, state.current, 'awaiting_input'), question: event.question };
}

export function onQuestionAnswered(
  state: TaskState,
  event: Of<'question_answered'>,
): TaskState | undefined {
  const open = state.question?.id;
  if (state.current === undefined || (event.question ?? open) !== open) return undefined;
  return {
    ...withPhase(state, state.current, 'working'),
    question: undefined,
    answered: open,
  };
}

export function onCheckpointed(state: TaskState, event: Of<'checkpointed'>): TaskState | undefined {
  if (state.checkpoint === event.commit) return undefined;
  return { ...state, checkpoint: event.commit, spent: { ...state.spent, refused: undefined } };
}

/** Back to where it was claimed from; what the attempt was to do is still wanted. */
function returned(state: TaskState, current: LiveAttempt): TaskState {
  return { ...endAttempt(state), status: current.from, wants: current.kind };
}

/** The first loss is bad luck; later ones wait a little longer each. */
function lossBackoffMs(losses: number): number {
  return losses < 2 ? 0 : Math.min(300_000, 5_000 * 2 ** (losses - 2));
}

/** More attempts than that have no say any more by the time another call of theirs can come. */
const MOST_HEARD = 8;

function heard(state: TaskState, n: number): readonly number[] {
  return [...(state.reported ?? []), n].slice(-MOST_HEARD);
}

export function onAttemptLost(
  state: TaskState,
  event: Of<'attempt_lost'>,
  context: RowContext,
): TaskState | undefined {
  if (state.current === undefined) return undefined;
  const infra = state.spent.infra + 1;
  const back = returned(state, state.current);
  const next = {
    ...back,
    spent: { ...state.spent, infra },
    reported: event.usage ? heard(state, event.n) : state.reported,
    usage: event.usage ? addUsage(state.usage, event.usage) : state.usage,
  };
  if (infra > context.bounds.maxLosses)
    return blocked(next, 'attempts_lost', `${infra} attempts were lost; the last: ${event.why}`);
  const wait = lossBackoffMs(infra);
  return {
    ...next,
    parkedUntil: wait > 0 ? context.now + wait : undefined,
    reason: { code: 'attempt_lost', text: event.why },
  };
}

/** About a day, with the waits between them: an outside system that is away for so long is a person's matter. */
const MAX_REFUSALS = 100;

/** What it is told to wait for; later on at least this. */
function refusalBackoffMs(refused: number): number {
  return refused < 4 ? 1 : Math.min(900_000, 60_000 * 2 ** (refused - 4));
}

export function onAttemptRefused(
  state: TaskState,
  event: Of<'attempt_refused'>,
  context: RowContext,
): TaskState | undefined {
  if (state.current === undefined) return undefined;
  const refused = (state.spent.refused ?? 0) + (event.counts === true ? 1 : 0);
  const next = {
    ...returned(state, state.current),
    spent: { ...state.spent, refused: refused || undefined },
    reported: event.usage ? heard(state, event.n) : state.reported,
    usage: event.usage ? addUsage(state.usage, event.usage) : state.usage,
  };
  if (refused > MAX_REFUSALS)
    return blocked(next, 'refused', `refused ${refused} times in a row; the last: ${event.why}`);
  return {
    ...next,
    parkedUntil: Math.max(event.until, context.now + refusalBackoffMs(refused)),
    reason: { code: 'parked', text: event.why },
  };
}

export function onAttemptFailed(
  state: TaskState,
  event: Of<'attempt_failed'>,
  context: RowContext,
): TaskState | undefined {
  const current = state.current;
  if (current === undefined) return undefined;
  const ended = {
    ...endAttempt(state),
    reported: heard(state, event.n),
    usage: addUsage(state.usage, event.usage),
    lastFailure: event.why,
  };
  if (current.kind === 'verify' && (event.cause === 'verify_red' || event.cause === 'conflict'))
    return notVerified(ended, event, context);
  if (event.cause === 'verify_red' && event.leftOut)
    return blocked(
      ended,
      'left_out',
      `${event.why} (changes in another task's scope were left out)`,
    );
  const agent = state.spent.agent + 1;
  const next = { ...ended, spent: { ...state.spent, agent }, wants: current.kind };
  if (agent > context.bounds.maxRetries) return blocked(next, event.cause, event.why);
  const reason = { code: event.cause, text: event.why };
  return { ...next, status: current.kind === 'verify' ? current.from : 'ready', reason };
}

/** Verified as a whole and found red: mended by a `repair` attempt, as often as the budget allows. */
function notVerified(
  state: TaskState,
  event: Of<'attempt_failed'>,
  context: RowContext,
): TaskState {
  const repair = state.spent.repair + 1;
  const reason = event.cause === 'conflict' ? ('conflict' as const) : ('verify_red' as const);
  const next: TaskState = {
    ...state,
    wants: 'repair',
    spent: { ...state.spent, agent: 0, repair },
    repair: { reason, detail: event.why, files: event.files, tasks: [] },
    reason: { code: reason, text: event.why },
  };
  if (repair > context.bounds.maxRepairs)
    return blocked(next, reason, `${repair} times: ${event.why}`);
  return {
    ...next,
    status: state.kind === 'end' && state.accepted === undefined ? 'ready' : 'changes_requested',
  };
}

export function onResultAccepted(
  state: TaskState,
  event: Of<'result_accepted'>,
  context: RowContext,
): TaskState | undefined {
  const current = state.current;
  if (current === undefined) return undefined;
  const ended = {
    ...endAttempt(state),
    reported: heard(state, event.n),
    usage: addUsage(state.usage, event.usage),
    reason: undefined,
  };
  if (current.kind === 'verify') return verified(ended, event, context);
  return {
    ...ended,
    status: 'pr_open',
    wants: 'work',
    spent: { ...state.spent, agent: 0, infra: 0, refused: undefined },
    accepted: {
      commit: event.commit,
      attempt: event.n,
      branch: state.accepted?.branch ?? event.n,
    },
    checkpoint: event.commit,
    proof: event.proof,
    repair: undefined,
    lastFailure: undefined,
    verifyRoot: undefined,
  };
}

function verified(state: TaskState, event: Of<'result_accepted'>, context: RowContext): TaskState {
  const next: TaskState = { ...state, wants: 'work', verifyRoot: undefined, proof: event.proof };
  if (state.kind === 'end' && state.accepted === undefined)
    return { ...next, status: 'merged', mergeSha: event.commit, finishedAt: context.now };
  // The head moved while it was verified: that evidence is about another commit.
  if (state.accepted?.commit !== event.commit) return { ...next, proof: state.proof };
  return next;
}
