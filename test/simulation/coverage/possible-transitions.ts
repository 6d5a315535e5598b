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

/** Changes to the sample task under which further events have an effect. */
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

/** Lists every `<status> x <event>` that changes a task in the engine's state table, so that the coverage also requires new rows. */
export function listPossibleTransitions(): string[] {
  // The activation of a plan creates tasks without the state table.
  const names = [formatTransition('none', 'created')];
  for (const status of TASK_STATUSES)
    for (const type of TASK_EVENT_TYPES) {
      const canChangeTask = [false, true].some((hasAttempt) =>
        VARIANTS.some((variant) => {
          const state = { ...createSampleTask(status, hasAttempt), ...variant };
          if (status === 'awaiting_input') state.question = QUESTION;
          const event = createSampleEvent(
            type,
            type === 'claimed' ? { kind: state.nextAttemptKind } : undefined,
          );
          return decideTask(state, event, createSampleContext()).kind === 'changed';
        }),
      );
      if (canChangeTask) names.push(formatTransition(status, type));
    }
  return names;
}
