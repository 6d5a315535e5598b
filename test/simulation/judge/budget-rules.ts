import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { Usage } from '../../../core/contract/task.ts';
import type { World } from '../world.ts';
import { formatAttemptName, MAX_CALL_DELAY_MS } from './names.ts';

// Rules for budgets and usage totals: no attempt with a model starts after a client saw that the budget is used up, and every total
// equals the usage that the bridges reported.

/** Milliseconds within which the pod of a claim from before the end of the budget may still be requested. */
const LATE_CLAIM_MS = MAX_CALL_DELAY_MS + 90_000;

/** Reported usage of an attempt, tokens. */
type ReportedUsage = {
  readonly plan: string;
  readonly run: number;
  /** Usage that the engine must count: from the accepted result, else from the last `handled` before a later heartbeat. */
  readonly required: number;
  /** Usage of the last heartbeat that was handled while no handler was frozen. */
  readonly handled: number;
  /** Highest usage that the bridge has sent. */
  readonly sent: number;
};

/** Bounds of a total, tokens. */
export type TotalBounds = { readonly lowest: number; readonly highest: number };

/** Facts before the read of a view. */
export type ViewStart = {
  /** Usage that the view must contain at least, tokens. */
  readonly lowest: number;
  readonly raiseCount: number;
  /** True if a change of the budget may take effect at any time. */
  readonly isRaising: boolean;
};

function countTokens(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens;
}

export class BudgetRules {
  /** By attempt name. */
  readonly #reported = new Map<string, ReportedUsage>();
  /** By plan: epoch milliseconds since which a client knows that the budget is used up. */
  readonly #usedSince = new Map<string, number>();
  /** Latest end of a freeze, epoch milliseconds. */
  #frozenUntil = 0;
  /** By plan: changes of the budget that may still take effect. */
  readonly #openRaises = new Map<string, Set<object>>();
  /** By plan: number of changes of the budget. */
  readonly #raiseCounts = new Map<string, number>();
  /** By attempt name: epoch milliseconds of the first request for the pod. */
  readonly #requestedAt = new Map<string, number>();

  recordPodRequest(world: World, key: AttemptKey): void {
    const name = formatAttemptName(key);
    if (!this.#requestedAt.has(name)) this.#requestedAt.set(name, world.loop.now);
  }

  /** Judges the start of an attempt of the kind `work` or `repair`. */
  judgeStart(world: World, key: AttemptKey): void {
    const usedSince = this.#usedSince.get(key.plan);
    const requestedAt = this.#requestedAt.get(formatAttemptName(key));
    if (usedSince === undefined || requestedAt === undefined) return;
    if (requestedAt > usedSince + LATE_CLAIM_MS)
      world.judge.recordViolation(
        world,
        `attempt ${formatAttemptName(key)} started although a client knew that the budget of its plan was used up`,
      );
  }

  /**
   * Records that a person changes the budget. The change may take effect long after its call was given up, so until the handler has
   * called the returned function, no view proves that the budget is used up.
   */
  beginRaise(plan: string): () => void {
    const raises = getOrCreateSet(this.#openRaises, plan);
    const raise = {};
    raises.add(raise);
    this.#raiseCounts.set(plan, this.#countRaises(plan) + 1);
    this.#usedSince.delete(plan);
    return () => raises.delete(raise);
  }

  #countRaises(plan: string): number {
    return this.#raiseCounts.get(plan) ?? 0;
  }

  /** Returns the facts to judge a view that a client reads from now on. */
  beginView(plan: string): ViewStart {
    const { lowest } = this.computeBounds(plan);
    const isRaising = getOrCreateSet(this.#openRaises, plan).size > 0;
    return { lowest, raiseCount: this.#countRaises(plan), isRaising };
  }

  recordSentUsage(key: AttemptKey, usage: Usage): void {
    this.#update(key, ({ sent }) => ({ sent: Math.max(sent, countTokens(usage)) }));
  }

  /** Records that a handler is frozen until the given time, epoch milliseconds. */
  recordFreeze(until: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, until);
  }

  /**
   * Records a heartbeat after the engine has handled the call, so that the heartbeat before was stored during the attempt. Heartbeats
   * during a freeze prove nothing: the frozen handler may end the attempt with usage that it read before.
   */
  recordHandledHeartbeat(world: World, key: AttemptKey, usage: Usage): void {
    const tokens = world.loop.now > this.#frozenUntil ? countTokens(usage) : 0;
    this.#update(key, ({ required, handled }) => ({
      required: Math.max(required, handled),
      handled: Math.max(handled, tokens),
    }));
  }

  recordAcceptedResult(key: AttemptKey, usage: Usage): void {
    this.#update(key, () => ({ required: countTokens(usage) }));
  }

  #update(key: AttemptKey, change: (reported: ReportedUsage) => Partial<ReportedUsage>): void {
    const name = formatAttemptName(key);
    const { plan, run } = key;
    const reported = this.#reported.get(name) ?? { plan, run, required: 0, handled: 0, sent: 0 };
    this.#reported.set(name, { ...reported, ...change(reported) });
  }

  /** Returns the bounds of the total of a plan; with `run`, of the total of this run. */
  computeBounds(plan: string, run?: number): TotalBounds {
    const attempts = [...this.#reported.values()].filter(
      (attempt) => attempt.plan === plan && (run === undefined || attempt.run === run),
    );
    return {
      lowest: attempts.reduce((sum, { required }) => sum + required, 0),
      highest: attempts.reduce((sum, { sent }) => sum + sent, 0),
    };
  }

  /** Judges the used amount in a view and remembers a used-up budget. `start`: the facts before the read of the view. */
  judgeView(world: World, { id, waiting }: PlanView, start: ViewStart): void {
    const budget = waiting.find(({ kind }) => kind === 'budget');
    if (budget?.kind !== 'budget') return;
    const { highest } = this.computeBounds(id);
    const { lowest, isRaising, raiseCount } = start;
    judgeTotal(world, `the budget of plan ${id}`, budget.usedTokens, { lowest, highest });
    const isCurrent = !isRaising && raiseCount === this.#countRaises(id);
    if (isCurrent && !this.#usedSince.has(id)) this.#usedSince.set(id, world.loop.now);
  }

  /** Judges the usage of the current run after every plan has ended. */
  judgeEnd(world: World, { id, run, usage }: PlanView): void {
    judgeTotal(world, `plan ${id}`, countTokens(usage), this.computeBounds(id, run));
  }
}

function judgeTotal(
  world: World,
  subject: string,
  total: number,
  { lowest, highest }: TotalBounds,
): void {
  if (total >= lowest && total <= highest) return;
  world.judge.recordViolation(
    world,
    `${subject} shows ${total} used tokens, but its bridges reported between ${lowest} and ${highest}`,
  );
}

function getOrCreateSet(sets: Map<string, Set<object>>, plan: string): Set<object> {
  const set = sets.get(plan) ?? new Set();
  sets.set(plan, set);
  return set;
}
