import type { PlanEvent, PlanEventType } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

/** Everything besides state and event that a decision depends on. Times are epoch milliseconds. */
export type PlanContext = {
  readonly now: number;
  /** The person or part of the engine that caused the event. */
  readonly actor: string;
  /** Version of the item once the next state is written. */
  readonly version: number;
  /** Days that the branches of stopped or closed work are kept. */
  readonly keepDays: number;
  /** Milliseconds that a handler may continue with data that it read before. */
  readonly maxHandlerLifetimeMs: number;
};

export type PlanEventOf<T extends PlanEventType> = Extract<PlanEvent, { readonly type: T }>;

/** Returns the next state, or undefined when the event changes nothing. The table pairs each row with its event type. */
export type PlanRow = (
  state: PlanState,
  event: never,
  context: PlanContext,
) => PlanState | undefined;
