import { expect, test } from 'vitest';
import { taskStateFixture, workingTask } from '../../test/support/engine-fixture.ts';
import type { TaskEvent } from './event.ts';
import type { TaskState } from './state.ts';
import { decideTask } from './transition.ts';

const CONTEXT = {
  now: 5,
  actor: 'test',
  version: 2,
  bounds: { maxRetries: 2, maxLosses: 5, maxRepairs: 3, maxFaults: 5 },
  waiting: false,
};
const working: TaskState = { ...taskStateFixture(), ...workingTask(2) };

function after(state: TaskState, ...events: TaskEvent[]): TaskState {
  return events.reduce((now, event) => {
    const decision = decideTask(now, event, CONTEXT);
    return decision.kind === 'changed' ? decision.state : now;
  }, state);
}

function asked(id: string): TaskEvent {
  const question = { id, text: 'Which?', options: [], default: 'any', timeoutAt: 9 };
  return { type: 'question_asked', n: 2, question };
}

test('a question that is put again after its answer does not open again', () => {
  const answered = after(working, asked('q-1'), { type: 'question_answered', n: 2 });

  expect(answered.status).toBe('working');
  expect(decideTask(answered, asked('q-1'), CONTEXT).kind).toBe('noop');
  expect(after(answered, asked('q-2'))).toMatchObject({
    status: 'awaiting_input',
    question: { id: 'q-2' },
  });
});

test('a second question takes the place of the first, and its answer is not that of the first', () => {
  const second = after(working, asked('q-1'), asked('q-2'));

  expect(second).toMatchObject({ status: 'awaiting_input', question: { id: 'q-2' } });
  expect(after(second, { type: 'question_answered', n: 2, question: 'q-1' })).toBe(second);
  expect(after(second, { type: 'question_answered', n: 2, question: 'q-2' }).status).toBe(
    'working',
  );
});

test('a lost attempt did not report', () => {
  const lost = after(working, { type: 'attempt_lost', n: 2, why: 'its pod is gone' });

  expect(lost.reported).toBeUndefined();
});
