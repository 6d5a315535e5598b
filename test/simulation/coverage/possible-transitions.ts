import { TASK_STATUSES } from '../../../core/contract/task-status.ts';
import { decideTask } from '../../../core/task-state/decide-task.ts';
import { TASK_EVENT_TYPES } from '../../../core/task-state/task-event.ts';
import type { TaskState } from '../../../core/task-state/task-state.ts';
import {
  createSampleContext,
  createSampleEvent,
  createSampleTask,
} from '../../support/engine/task-sample.ts';
import { formatTransition } from './coverage.ts';

/** Changes to the sample task that make further rows of the state table apply. */
const VARIANTS: readonly Partial<TaskState>[] = [
  {},
  { kind: 'end' },
  { kind: 'end', accepted: undefined, pull: undefined, mergeSha: 'r1' },
  { kind: 'join' },
  { nextAttemptKind: 'verify' },
  { nextAttemptKind: 'repair' },
  { evidence: undefined },
  { mustReopenPull: true },
  { parkedUntil: 1 },
];
const QUESTION = { id: 'before', text: 'Which?', options: [], default: 'any', timeoutAt: 900 };

/** Lists every status x event with an effect in the engine's state table, so that the coverage requires new rows at once. */
export function listPossibleTransitions(): string[] {
  // Activation creates tasks without an event.
  const names = [formatTransition('none', 'created')];
  for (const status of TASK_STATUSES)
    for (const type of TASK_EVENT_TYPES) {
      const changes = [false, true].some((isLive) =>
        VARIANTS.some((variant) => {
          const state = { ...createSampleTask(status, isLive), ...variant };
          if (status === 'awaiting_input') state.question = QUESTION;
          const event = createSampleEvent(
            type,
            type === 'claimed' ? { kind: state.nextAttemptKind } : undefined,
          );
          return decideTask(state, event, createSampleContext()).kind === 'changed';
        }),
      );
      if (changes) names.push(formatTransition(status, type));
    }
  return names;
}
