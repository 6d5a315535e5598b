import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { taskStateFixture } from '../../test/support/engine-fixture.ts';
import {
  SAMPLE_N,
  sampleContext,
  sampleEvent,
  sampleTask,
} from '../../test/support/task-sample.ts';
import { TASK_EVENT_TYPES, type TaskEvent } from './event.ts';
import { isSchedulable, type TaskState } from './state.ts';
import { decideTask } from './transition.ts';

function apply(state: TaskState, event: TaskEvent, waiting = false): TaskState {
  const decision = decideTask(state, event, sampleContext({ waiting }));
  if (decision.kind !== 'changed') throw new Error(`${event.type} was ${decision.kind}`);
  return decision.state;
}

describe('budgets', () => {
  test('an agent that fails more often than allowed blocks its task', () => {
    const spent = { agent: 2, infra: 0, repair: 0 };

    const last = apply({ ...sampleTask('working'), spent }, sampleEvent('attempt_failed'));

    expect(last).toMatchObject({ status: 'blocked', reason: { code: 'agent' } });
  });

  test('lost pods have a bound of their own, and wait a little longer each', () => {
    const lost = (infra: number) =>
      apply(
        { ...sampleTask('working'), spent: { agent: 2, infra, repair: 0 } },
        sampleEvent('attempt_lost'),
      );

    expect(lost(0)).toMatchObject({ status: 'ready', parkedUntil: undefined });
    expect(lost(1).parkedUntil).toBe(6_000);
    expect(lost(2).parkedUntil).toBe(11_000);
    expect(lost(5)).toMatchObject({ status: 'blocked', reason: { code: 'attempts_lost' } });
  });

  test('a refusal for a while spends nothing and parks', () => {
    const parked = apply(sampleTask('working'), sampleEvent('attempt_refused'));

    expect(parked).toMatchObject({
      status: 'ready',
      parkedUntil: 5_000,
      spent: { agent: 0, infra: 0, repair: 0 },
    });
    expect(isSchedulable(parked)).toBe(false);
  });

  test('repairs that nobody asked for are bounded, those of people are not', () => {
    const worn = { ...sampleTask('merging'), spent: { agent: 0, infra: 0, repair: 3 } };
    const asked = { reason: 'changes_requested' as const, detail: 'no', files: [], tasks: [] };

    expect(apply(worn, sampleEvent('changes_requested')).status).toBe('blocked');
    expect(apply(worn, sampleEvent('changes_requested', { repair: asked })).status).toBe(
      'changes_requested',
    );
  });

  test('faults of ours in a row end as blocked', () => {
    const faulted = apply({ ...sampleTask('merging'), faults: 4 }, sampleEvent('faulted'));

    expect(faulted).toMatchObject({ status: 'blocked', reason: { code: 'fault' } });
  });

  test('a retry gives fresh budgets', () => {
    const worn = { ...sampleTask('blocked'), spent: { agent: 9, infra: 9, repair: 9 }, faults: 9 };

    expect(apply(worn, sampleEvent('retry'))).toMatchObject({
      spent: { agent: 0, infra: 0, repair: 0 },
      faults: 0,
    });
  });
});

describe('a retry', () => {
  const unaccepted = { ...sampleTask('cancelled'), accepted: undefined, pull: undefined };

  test('of one that waits for others waits again', () => {
    expect(apply(unaccepted, sampleEvent('retry'), true).status).toBe('pending');
    expect(apply(unaccepted, sampleEvent('retry')).status).toBe('ready');
  });

  test('of a join whose dependencies are merged merges it', () => {
    expect(apply({ ...unaccepted, kind: 'join' }, sampleEvent('retry')).status).toBe('merged');
  });

  test('with a commit that has no evidence verifies it first', () => {
    const retried = apply({ ...sampleTask('blocked'), proof: undefined }, sampleEvent('retry'));

    expect(retried).toMatchObject({ status: 'pr_open', wants: 'verify', reopen: true });
    expect(isSchedulable(retried)).toBe(true);
  });

  test('is not undone by the closed pull request that it is about to open', () => {
    const retried = apply(sampleTask('failed'), sampleEvent('retry'));

    expect(decideTask(retried, sampleEvent('pull_closed'), sampleContext()).kind).toBe('noop');
  });
});

describe('a verify attempt beside the lane', () => {
  const merging = { ...sampleTask('merging', true), wants: 'verify' as const };

  test('leaves the task merging, with new evidence or without', () => {
    const proof = { commit: 'c1', root: 'r2', green: true, empty: false };
    const accepted = sampleEvent('result_accepted', { commit: 'c1', proof });

    expect(apply(merging, accepted)).toMatchObject({ status: 'merging', proof, wants: 'work' });
    expect(apply(merging, sampleEvent('attempt_lost'))).toMatchObject({
      status: 'merging',
      wants: 'verify',
    });
  });

  test('that is red or conflicts sends the task back', () => {
    for (const cause of ['verify_red', 'conflict'] as const)
      expect(apply(merging, sampleEvent('attempt_failed', { cause }))).toMatchObject({
        status: 'changes_requested',
        wants: 'repair',
        repair: { reason: cause },
      });
  });

  test('says nothing about a head that moved while it ran', () => {
    const late = apply(merging, sampleEvent('result_accepted', { commit: 'other' }));

    expect(late.proof?.commit).toBe('c1');
  });
});

describe('the end', () => {
  const end: TaskState = {
    ...sampleTask('working'),
    kind: 'end',
    wants: 'verify',
    current: { ...sampleTask('working').current, kind: 'verify' } as TaskState['current'],
  };

  test('is merged by a green verification of the root, and by nothing else', () => {
    expect(apply(end, sampleEvent('result_accepted'))).toMatchObject({
      status: 'merged',
      mergeSha: 'c2',
    });
    expect(decideTask(end, sampleEvent('merge_seen'), sampleContext()).kind).toBe('noop');
  });

  test('is repaired when it is red, and verified again once the repair has landed', () => {
    const red = apply(end, sampleEvent('attempt_failed', { cause: 'verify_red' }));
    const landing: TaskState = { ...sampleTask('merging'), kind: 'end' };

    expect(red).toMatchObject({ status: 'ready', wants: 'repair' });
    expect(apply(landing, sampleEvent('merge_seen'))).toMatchObject({
      status: 'ready',
      wants: 'verify',
      verifyRoot: 'm1',
      accepted: undefined,
      pull: undefined,
    });
  });

  test('keeps its branch over repairs of its repair, and begins another after a merge', () => {
    const repairing: TaskState = {
      ...sampleTask('working'),
      kind: 'end',
      accepted: { commit: 'c1', attempt: 2, branch: 2 },
    };

    expect(apply(repairing, sampleEvent('result_accepted')).accepted).toEqual({
      commit: 'c2',
      attempt: SAMPLE_N,
      branch: 2,
    });
  });

  test('is verified again when a person has moved the root', () => {
    const merged: TaskState = { ...sampleTask('merged'), kind: 'end', mergeSha: 'r1' };

    expect(apply(merged, sampleEvent('root_moved'))).toMatchObject({
      status: 'ready',
      wants: 'verify',
      verifyRoot: 'r2',
    });
  });
});

test('a simple task is never merged by us: it waits for a person', () => {
  const simple = { ...sampleTask('pr_open'), simple: true };

  const green = apply(simple, sampleEvent('pull_green'));

  expect(green.status).toBe('in_review');
  expect(decideTask(green, sampleEvent('approved'), sampleContext()).kind).toBe('noop');
});

test('what nothing verified waits for a person also where merging is automatic', () => {
  const proof = { commit: 'c1', root: 'r1', green: true, empty: true };

  const green = apply({ ...sampleTask('pr_open'), proof }, sampleEvent('pull_green'));

  expect(green.status).toBe('in_review');
});

test('a pull request whose checks may not be read waits for a person', () => {
  const { pull } = sampleTask('in_review');
  if (pull === undefined) throw new Error('the sample has no pull request');

  const green = apply(sampleTask('pr_open'), { type: 'pull_green', pull, unread: true });

  expect(green.status).toBe('in_review');
});

test('a pull request without evidence for its commit does not go on', () => {
  const unproven = { ...sampleTask('pr_open'), proof: undefined };

  expect(decideTask(unproven, sampleEvent('pull_green'), sampleContext()).kind).toBe('noop');
  expect(apply(unproven, sampleEvent('verify_missing'))).toMatchObject({ wants: 'verify' });
});

const EVENT = fc.record({
  // Those that every history has, more often.
  type: fc.oneof(
    fc.constantFrom(...TASK_EVENT_TYPES),
    fc.constantFrom(
      'dependencies_merged',
      'claimed',
      'bridge_ready',
      'result_accepted',
      'pull_green',
    ),
  ),
  /** Of the attempt that it speaks for, around the live one. */
  n: fc.integer({ min: -1, max: 2 }),
  kind: fc.constantFrom('work' as const, 'repair' as const, 'verify' as const),
  commit: fc.constantFrom('c1', 'c2', 'c3'),
});

test('over any history numbers only rise, ended attempts are owed a deletion, and merged is final', () => {
  const kinds = fc.constantFrom('work' as const, 'end' as const);
  void fc.assert(
    fc.property(kinds, fc.boolean(), fc.array(EVENT, { maxLength: 60 }), (kind, simple, events) => {
      let state: TaskState = { ...taskStateFixture(), status: 'pending', kind, simple };
      for (const { type, n, kind: wanted, commit } of events) {
        const numbered = { n: state.attempt + n, kind: wanted, commit };
        const event = sampleEvent(type, numbered as never);
        const decision = decideTask(state, event, sampleContext());
        if (decision.kind !== 'changed') continue;
        const next = decision.state;

        expect(next.attempt).toBeGreaterThanOrEqual(state.attempt);
        if (state.status === 'merged' && state.kind === 'work') expect(next.status).toBe('merged');
        if (state.current !== undefined && next.current?.n !== state.current.n)
          expect(next.closing).toContain(state.current.n);
        if (next.current !== undefined) {
          expect(next.current.n).toBeLessThanOrEqual(next.attempt);
          expect(isSchedulable(next)).toBe(false);
        }
        if (next.status === 'merging') expect(next.simple).toBe(false);
        if (['claimed', 'working', 'awaiting_input'].includes(next.status))
          expect(next.current).toBeDefined();
        state = next;
      }
    }),
    { numRuns: 400 },
  );
});
