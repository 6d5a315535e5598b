import { expect, test } from 'vitest';
import {
  createPlanStateFixture,
  createTaskStateFixture,
} from '../../../test/support/engine/engine-fixture.ts';
import { summariseFlags } from '../../contract/flag.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { formatForgeSystem, MODEL_SYSTEM } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { buildPlanView } from './build-view.ts';

const STORED_PLAN: StoredPlan = {
  state: createPlanStateFixture(),
  version: 1,
  usedTokens: 0,
  usedUsd: 0,
  pendingNotices: [],
};

function createStoredTask(change: Partial<TaskState>): StoredTask {
  return {
    state: { ...createTaskStateFixture(), ...change },
    version: 1,
    unmergedDependencies: [],
    dependentsReleased: false,
    messageCount: 0,
    recentTransitions: [],
    pendingNotices: [],
  };
}

test('a plan view sums the flags of all tasks by kind', () => {
  const ci = { path: 'ci.yml', why: 'changes CI', kind: 'ci' as const };
  const docs = { path: 'docs', why: 'outside', kind: 'out_of_scope' as const };
  const tasks = [[docs], [ci, docs]].map((flags) =>
    createStoredTask({ flags: summariseFlags(flags) }),
  );

  const { flags } = buildPlanView(STORED_PLAN, { tasks, now: 1 });

  expect(flags).toMatchObject({ total: 3, byKind: { ci: 1, out_of_scope: 2 } });
  expect(flags?.first[0]).toEqual(ci);
});

test.each([
  ['a command ran', { green: true, empty: false }, true],
  ['no command is known', { green: true, empty: true }, false],
  ['the verification is missing', undefined, undefined],
] as const)('a plan view tells whether %s', (_case, evidence, verified) => {
  const commits = { commit: 'c', root: 'r' };
  const end = createStoredTask({ kind: 'end', evidence: evidence && { ...commits, ...evidence } });

  expect(buildPlanView(STORED_PLAN, { tasks: [end], now: 1 }).verified).toBe(verified);
});

test('a plan view has a condition for each pause of the systems that the plan uses', () => {
  const pauses = [
    MODEL_SYSTEM,
    formatForgeSystem('local', 'acme/shop'),
    formatForgeSystem('github', 'acme/shop'),
  ].map((system) => ({ system, until: 5_000, reason: '429' }));

  const { conditions } = buildPlanView(STORED_PLAN, { pauses, now: 1 });

  expect(conditions.map(({ code }) => code)).toEqual(['paused_model', 'paused_forge']);
});
