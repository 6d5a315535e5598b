import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
  SHA,
  STARTING_LAUNCHER,
} from '../../../test/support/engine/engine-fixture.ts';
import type { BaseState, PlanRepository } from '../../plan-state/plan-state.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { loadTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { cancelPlan } from '../command/cancel-plan.ts';
import { decideBase } from '../command/decide-base.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import { scheduleTasks } from '../schedule/schedule-tasks.ts';
import { listPlanViews, readPlanView } from '../view/read-view.ts';
import { deriveCheckId, requestBaseChecks } from './base-check.ts';

const SECOND_PLAN = 'p1111111111';
const PERSON = 'ann@example.com';
const REASON = 'verification failed: npm test ended with exit code 1';

function createVerifiedRepository(change: Partial<PlanRepository> = {}): PlanRepository {
  const [repository] = createPlanStateFixture().repositories;
  if (repository === undefined) throw new Error('the fixture has no repository');
  return { ...repository, verify: [['npm', 'test']], ...change };
}

const REPOSITORY = createVerifiedRepository();
const CHECK = deriveCheckId(REPOSITORY);

/** Creates two active plans with a ready task each, which start from the same unverified commit. */
async function createWaitingPlans() {
  const fixture = createEngineFixture({ launcher: STARTING_LAUNCHER });
  const { deps, table } = fixture;
  const activation = { stored: 1, released: 1, total: 1, hasRootBranches: true };
  for (const id of [FIXTURE_PLAN, SECOND_PLAN]) {
    const base = await requestBaseChecks(deps, id, [REPOSITORY]);
    await fixture.putPlan({ id, repositories: [REPOSITORY], base, activation });
    await fixture.putTask({ plan: id });
  }
  const checkKey = (run: number) => ({ plan: CHECK, run, task: 'base' });
  const plan = async (id: string) => {
    const stored = await loadPlan(table, id);
    if (stored === undefined) throw new Error(`the store has no plan ${id}`);
    return stored.state;
  };
  const applyCheckEvent = async (event: TaskEvent, run: number) => {
    await applyTask(deps, checkKey(run), event, { actor: 'bridge' });
  };
  return {
    ...fixture,
    plan,
    baseStatus: async (id: string) => (await plan(id)).base?.map(({ status }) => status),
    taskStatus: async (id: string) =>
      (await loadTask(table, { plan: id, run: 1, task: 'one' }))?.state.status,
    checkTask: async (run = 1) => (await loadTask(table, checkKey(run)))?.state,
    /** Schedules the task of both plans, without the task of the check. */
    scheduleWork: () =>
      scheduleTasks(
        deps,
        [FIXTURE_PLAN, SECOND_PLAN].map((id) => ({ plan: id, run: 1, task: 'one' })),
      ),
    /** Makes the task of the check ready, claims the task and ends the attempt with `event`. */
    runCheck: async (event: TaskEvent, run = 1) => {
      await reconcilePlan(deps, CHECK);
      await scheduleTasks(deps, [checkKey(run)]);
      await applyCheckEvent({ type: 'bridge_ready', n: 1, leaseUntil: 2e9 }, run);
      await applyCheckEvent(event, run);
    },
    /** Records the result of the check and informs the waiting plans. */
    endCheck: async () => {
      await reconcilePlan(deps, CHECK);
      await reconcilePlan(deps, CHECK);
    },
  };
}

const GREEN: TaskEvent = {
  type: 'result_accepted',
  n: 1,
  commit: SHA,
  evidence: { commit: SHA, root: SHA, green: true, empty: false, attempt: 1 },
  usage: NO_USAGE,
};
const RED: TaskEvent = {
  type: 'attempt_failed',
  n: 1,
  cause: 'verify_red',
  why: REASON,
  leftOut: false,
  files: [],
  usage: NO_USAGE,
};

test('plans with the same base commit and commands share one check, which takes a slot of its own', async () => {
  const { runCheck, endCheck, baseStatus, checkTask, deps } = await createWaitingPlans();

  await runCheck(GREEN);
  await endCheck();

  expect(await checkTask()).toMatchObject({ kind: 'base', status: 'merged', attempt: 1 });
  expect(await baseStatus(FIXTURE_PLAN)).toEqual(['green']);
  expect(await baseStatus(SECOND_PLAN)).toEqual(['green']);
  const { items } = await listPlanViews(deps, { limit: 10 });
  expect(items.map(({ id }) => id).toSorted()).toEqual([FIXTURE_PLAN, SECOND_PLAN]);
});

test('no task starts before the check of its base commit is green', async () => {
  const { runCheck, endCheck, scheduleWork, taskStatus } = await createWaitingPlans();

  await scheduleWork();
  expect(await taskStatus(FIXTURE_PLAN)).toBe('ready');

  await runCheck(GREEN);
  await endCheck();
  await scheduleWork();
  expect(await taskStatus(FIXTURE_PLAN)).toBe('claimed');
  expect(await taskStatus(SECOND_PLAN)).toBe('claimed');
});

test('a red base blocks its check without a repair, notifies people and holds all tasks back', async () => {
  const { runCheck, endCheck, scheduleWork, taskStatus, checkTask, sent, deps } =
    await createWaitingPlans();

  await runCheck(RED);
  await endCheck();
  await scheduleWork();

  expect(await checkTask()).toMatchObject({ status: 'blocked', reason: { code: 'base_red' } });
  expect(await taskStatus(FIXTURE_PLAN)).toBe('ready');
  const notices = sent.flatMap((message) => (message.type === 'notify' ? [message.notice] : []));
  expect(notices.map(({ kind, plan }) => [kind, plan])).toEqual([
    ['base_red', FIXTURE_PLAN],
    ['base_red', SECOND_PLAN],
  ]);
  const view = await readPlanView(deps, FIXTURE_PLAN);
  expect(view.base).toMatchObject([{ commit: SHA, status: 'red', check: CHECK, reason: REASON }]);
  expect(view.waiting).toMatchObject([
    { kind: 'base_red', actions: ['continue', 'verify_again', 'restart', 'cancel'] },
  ]);
  expect(view.conditions.map(({ code }) => code)).toEqual(['base_red']);
});

test('a person continues one plan on a red base, and another plan keeps waiting', async () => {
  const { runCheck, endCheck, scheduleWork, taskStatus, deps } = await createWaitingPlans();
  await runCheck(RED);
  await endCheck();

  await decideBase(deps, FIXTURE_PLAN, 'continue', PERSON);
  await scheduleWork();

  expect(await taskStatus(FIXTURE_PLAN)).toBe('claimed');
  expect(await taskStatus(SECOND_PLAN)).toBe('ready');
  const view = await readPlanView(deps, FIXTURE_PLAN);
  expect(view.waiting).toEqual([]);
  expect(view.conditions.map(({ code }) => code)).toEqual(['base_red']);
});

test('a repeated check with a green result releases every plan that waits for the check', async () => {
  const { runCheck, endCheck, baseStatus, deps } = await createWaitingPlans();
  await runCheck(RED);
  await endCheck();

  await decideBase(deps, FIXTURE_PLAN, 'verify_again', PERSON);
  expect(await baseStatus(FIXTURE_PLAN)).toEqual(['checking']);
  await runCheck(GREEN, 2);
  await endCheck();

  expect(await baseStatus(FIXTURE_PLAN)).toEqual(['green']);
  expect(await baseStatus(SECOND_PLAN)).toEqual(['green']);
});

test('a decision about a green base is refused', async () => {
  const { runCheck, endCheck, deps } = await createWaitingPlans();
  await runCheck(GREEN);
  await endCheck();

  for (const decision of ['continue', 'verify_again'] as const)
    await expect(decideBase(deps, FIXTURE_PLAN, decision, PERSON)).rejects.toMatchObject({
      code: 'base_not_red',
    });
});

test('a plan finds the result of its check although the message of the check was lost', async () => {
  const { runCheck, baseStatus, deps } = await createWaitingPlans();
  await runCheck(GREEN);
  await reconcilePlan(deps, CHECK);
  expect(await baseStatus(FIXTURE_PLAN)).toEqual(['checking']);

  await reconcilePlan(deps, FIXTURE_PLAN);

  expect(await baseStatus(FIXTURE_PLAN)).toEqual(['green']);
});

test('a check that could not run does not hold tasks back', async () => {
  const { runCheck, endCheck, scheduleWork, taskStatus, deps } = await createWaitingPlans();

  await runCheck({ type: 'cancel', reason: 'the pod cannot start' });
  await endCheck();
  await scheduleWork();

  expect(await taskStatus(FIXTURE_PLAN)).toBe('claimed');
  const { conditions } = await readPlanView(deps, FIXTURE_PLAN);
  expect(conditions.map(({ code }) => code)).toEqual(['base_unknown']);
});

test('a plan that allows a red base starts its tasks before the check has ended', async () => {
  const { putPlan, putTask, deps, table } = await createWaitingPlans();
  const id = 'p2222222222';
  const options = { ...createPlanStateFixture().options, allowRedBase: true };
  const base = await requestBaseChecks(deps, id, [REPOSITORY]);
  await putPlan({ id, repositories: [REPOSITORY], base, options });
  await putTask({ plan: id });

  await scheduleTasks(deps, [{ plan: id, run: 1, task: 'one' }]);

  const task = await loadTask(table, { plan: id, run: 1, task: 'one' });
  expect(task?.state.status).toBe('claimed');
});

test('a known green base costs a further plan one read and no write', async () => {
  const { runCheck, endCheck, deps, table } = await createWaitingPlans();
  await runCheck(GREEN);
  await endCheck();
  const calls: string[] = [];
  const countedTable = new Proxy(table, {
    get: (target, member) => {
      calls.push(String(member));
      return Reflect.get(target, member);
    },
  });

  const base = await requestBaseChecks({ ...deps, table: countedTable }, 'p3333333333', [
    REPOSITORY,
  ]);

  expect(base).toMatchObject([{ status: 'green' }]);
  expect(calls).toEqual(['get']);
});

test('a further plan uses a red result for an hour, and repeats an older check', async () => {
  const { runCheck, endCheck, advance, deps } = await createWaitingPlans();
  await runCheck(RED);
  await endCheck();
  const request = async (): Promise<BaseState[]> =>
    requestBaseChecks(deps, 'p3333333333', [REPOSITORY]);

  advance(59 * 60_000);
  expect(await request()).toMatchObject([{ status: 'red', run: 1 }]);
  advance(2 * 60_000);
  expect(await request()).toMatchObject([{ status: 'checking', run: 2 }]);
});

test('another commit, command or variable has another check; a repository without commands has none', async () => {
  const { deps } = await createWaitingPlans();
  const changes: Partial<PlanRepository>[] = [
    { baseSha: 'b'.repeat(40) },
    { verify: [['npm', 'run', 'test']] },
    { setup: [['npm', 'ci']] },
    { env: { CI: '1' } },
    { name: 'acme/other' },
  ];

  const ids = changes.map((change) => deriveCheckId(createVerifiedRepository(change)));

  expect(new Set([CHECK, ...ids]).size).toBe(changes.length + 1);
  expect(deriveCheckId(createVerifiedRepository({ agentInstructions: 'be brief' }))).toBe(CHECK);
  const unverified = createVerifiedRepository({ verify: [] });
  expect(await requestBaseChecks(deps, FIXTURE_PLAN, [unverified])).toEqual([]);
});

test('a replaced base commit gets a check of its own before tasks start', async () => {
  const { runCheck, endCheck, putPlan, plan, deps } = await createWaitingPlans();
  await runCheck(GREEN);
  await endCheck();
  const id = 'p4444444444';
  const { base } = await plan(FIXTURE_PLAN);
  const moved = createVerifiedRepository({ baseSha: 'b'.repeat(40) });
  const activation = { stored: 1, released: 1, total: 1, hasRootBranches: true };
  await putPlan({ id, repositories: [moved], base, activation });

  await reconcilePlan(deps, id);

  expect((await plan(id)).base).toMatchObject([{ commit: moved.baseSha, status: 'checking' }]);
});

test('people cannot cancel or restart the hidden plan of a check', async () => {
  const { plan, deps } = await createWaitingPlans();

  await expect(cancelPlan(deps, CHECK, '', PERSON)).rejects.toMatchObject({ code: 'plan_status' });
  expect((await plan(CHECK)).status).toBe('active');
});
