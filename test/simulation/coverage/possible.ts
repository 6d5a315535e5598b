import { TASK_STATUSES } from '../../../core/contract/task.ts';
import { TASK_EVENT_TYPES } from '../../../core/task/event.ts';
import type { TaskState } from '../../../core/task/state.ts';
import { decideTask } from '../../../core/task/transition.ts';
import { sampleContext, sampleEvent, sampleTask } from '../../support/task-sample.ts';
import { transitionName } from './coverage.ts';

/** What makes a row of the state table apply that does not to a task as it commonly is. */
const VARIANTS: readonly Partial<TaskState>[] = [
  {},
  { kind: 'end' },
  { kind: 'end', accepted: undefined, pull: undefined, mergeSha: 'r1' },
  { kind: 'join' },
  { wants: 'verify' },
  { wants: 'repair' },
  { proof: undefined },
  { reopen: true },
  { parkedUntil: 1 },
];
const QUESTION = { id: 'before', text: 'Which?', options: [], default: 'any', timeoutAt: 900 };

/** Every status x event that the engine's own state table gives an effect, so that a new row is missed until it is met. */
export function possibleTransitions(): string[] {
  // Written by the activation of its plan, for which no event is decided.
  const names = [transitionName('none', 'created')];
  for (const status of TASK_STATUSES)
    for (const type of TASK_EVENT_TYPES) {
      const changes = [false, true].some((live) =>
        VARIANTS.some((variant) => {
          const state = { ...sampleTask(status, live), ...variant };
          if (status === 'awaiting_input') state.question = QUESTION;
          const event = sampleEvent(type, type === 'claimed' ? { kind: state.wants } : undefined);
          return decideTask(state, event, sampleContext()).kind === 'changed';
        }),
      );
      if (changes) names.push(transitionName(status, type));
    }
  return names;
}
