import { describe, expect, test } from 'vitest';
import {
  createSampleContext,
  createSampleEvent,
  createSampleTask,
} from '../../test/support/engine/task-sample.ts';
import { decideTask } from './decide-task.ts';
import { announceTaskTransition } from './task-announcements.ts';
import type { TaskEvent } from './task-event.ts';
import type { TaskState } from './task-state.ts';

const CONTEXT = createSampleContext();

function announce(before: TaskState, event: TaskEvent) {
  const decision = decideTask(before, event, CONTEXT);
  if (decision.kind !== 'changed')
    throw new Error(`event ${event.type} changed nothing: ${decision.kind}`);
  return announceTaskTransition(before, decision.state, CONTEXT);
}

describe('notices', () => {
  test('a blocked task is announced with its reason and an id of plan, run, task, version and kind', () => {
    const { notices } = announce(createSampleTask('merging'), createSampleEvent('forge_refused'));

    expect(notices).toMatchObject([
      {
        id: 'p0123456789.r1.one.9.blocked',
        kind: 'blocked',
        task: 'one',
        version: 9,
        at: 1_000,
        title: 'One',
        details: { reason: { text: expect.stringContaining('no merges on Fridays') } },
      },
    ]);
  });

  test('a failed task is announced', () => {
    const { notices } = announce(createSampleTask('pr_open'), createSampleEvent('pull_closed'));

    expect(notices.map(({ kind }) => kind)).toEqual(['failed']);
  });

  test('each question is announced once', () => {
    const event = createSampleEvent('question_asked');
    const before = createSampleTask('working');
    const asked = announce(before, event);
    const decision = decideTask(before, event, CONTEXT);
    if (decision.kind !== 'changed') throw new Error('the question was not asked');
    const { state } = decision;

    expect(asked.notices).toMatchObject([
      { kind: 'question', text: 'The agent asks: Which?', details: { question: { id: 'q' } } },
    ]);
    expect(announceTaskTransition(state, state, CONTEXT).notices).toEqual([]);
  });

  test('a conflict is announced when a repair begins, not when the repair continues', () => {
    const before = createSampleTask('pr_open');
    const { notices } = announce(before, createSampleEvent('changes_requested'));
    const decision = decideTask(before, createSampleEvent('changes_requested'), CONTEXT);
    if (decision.kind !== 'changed') throw new Error('no repair began');
    const claimed = announce(decision.state, createSampleEvent('claimed', { kind: 'repair' }));

    expect(notices.map(({ kind }) => kind)).toEqual(['conflict']);
    expect(claimed.notices).toEqual([]);
  });

  test('a review is requested for a task of a complex plan only', () => {
    const waiting: TaskState = { ...createSampleTask('pr_open'), policy: 'review' };
    const simple: TaskState = { ...createSampleTask('pr_open'), simple: true };
    const green = createSampleEvent('pull_green');

    expect(announce(waiting, green).notices).toMatchObject([
      { kind: 'approval_requested', details: { pulls: [{ number: 7 }] } },
    ]);
    expect(announce(simple, green).notices).toEqual([]);
  });
});

describe('wake-ups', () => {
  test('a retry of a blocked task wakes the plan, which may be halted', () => {
    const { wakeUps } = announce(createSampleTask('blocked'), createSampleEvent('retry'));

    expect(wakeUps.map(({ message }) => message.type)).toEqual(['reconcile_plan']);
  });

  test('a parked task is woken at the end of its pause', () => {
    const { nextStep, wakeUps } = announce(
      createSampleTask('working'),
      createSampleEvent('attempt_refused', { until: 61_000 }),
    );

    expect(wakeUps).toMatchObject([{ message: { type: 'reconcile_task' }, delaySeconds: 60 }]);
    expect(nextStep.map(({ message }) => message.type)).toEqual(['reconcile_task']);
  });

  test('a ready task is given to the scheduler', () => {
    const { nextStep } = announce(
      createSampleTask('pending'),
      createSampleEvent('dependencies_merged'),
    );

    expect(nextStep).toMatchObject([{ message: { type: 'schedule', tasks: [{ task: 'one' }] } }]);
  });
});
