import type { startCannedApi } from './canned-api.ts';
import {
  createGraphFixture,
  createPlanFixture,
  createTaskFixture,
  NOW,
  PLAN_ID,
} from './plan-fixture.ts';

// Default answers of the API for tests of the command line.

export const GRAPH = createGraphFixture(
  [
    { id: 'add-store', scope: ['src/store/'] },
    { id: 'add-routes', dependsOn: ['add-store'], scope: ['src/routes/'] },
    { id: 'document', dependsOn: ['add-routes'] },
  ],
  { revision: 3 },
);
export const BLOCKED_TASK = createTaskFixture({
  id: 'add-store',
  status: 'blocked',
  reason: 'a rule of the forge',
  attempt: 2,
});
export const BLOCKED_TASK_DETAIL = {
  ...BLOCKED_TASK,
  description: 'Do it.',
  criteria: ['it works'],
  scope: ['src/'],
};

/** Creates answers with a plan of three tasks, whose task add-store is blocked. */
export function createCannedRoutes(): Parameters<typeof startCannedApi>[0] {
  const returnTask = () => BLOCKED_TASK;
  const returnChangedPlan = () => ({ id: PLAN_ID, status: 'active', version: 9 });
  return {
    getPlan: () => createPlanFixture({ revision: 3 }),
    getGraph: ({ query }) =>
      query.revision === 2 ? { ...GRAPH, revision: 2, tasks: GRAPH.tasks.slice(0, 2) } : GRAPH,
    editPlan: () => ({ ...GRAPH, revision: 4 }),
    listPlans: () => ({ items: [createPlanFixture()] }),
    listNotices: () => ({ items: [] }),
    listPlanNotices: () => ({ items: [] }),
    listTasks: () => ({ items: [BLOCKED_TASK] }),
    getTask: () => BLOCKED_TASK_DETAIL,
    approvePlan: returnChangedPlan,
    rejectPlan: returnChangedPlan,
    cancelPlan: returnChangedPlan,
    closePlan: returnChangedPlan,
    restartPlan: returnChangedPlan,
    retargetPlan: returnChangedPlan,
    decideBase: returnChangedPlan,
    recoverPlan: returnChangedPlan,
    retryTask: returnTask,
    unblockTask: returnTask,
    approveTask: returnTask,
    finishTask: returnTask,
    cancelTask: returnTask,
    requestChanges: returnTask,
    sendMessage: () => ({ n: 1, author: 'ada', text: 'x', at: NOW }),
    systemStatus: () => ({
      version: '0.1.0',
      slots: { used: 1, limit: 4 },
      pauses: [{ what: 'the model', until: NOW + 60_000, reason: 'quota' }],
      isolation: 'agents run as you',
    }),
  };
}
