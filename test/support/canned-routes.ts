import type { startCannedApi } from './canned-api.ts';
import { graphFixture, NOW, PLAN_ID, planFixture, taskFixture } from './plan-fixture.ts';

// What the commands of the command line are answered when a test says nothing else.

export const GRAPH = graphFixture(
  [
    { id: 'add-store', scope: ['src/store/'] },
    { id: 'add-routes', dependsOn: ['add-store'], scope: ['src/routes/'] },
    { id: 'document', dependsOn: ['add-routes'] },
  ],
  { revision: 3 },
);
export const TASK = taskFixture({
  id: 'add-store',
  status: 'blocked',
  reason: 'a rule of the forge',
  attempt: 2,
});
export const DETAIL = { ...TASK, description: 'Do it.', criteria: ['it works'], scope: ['src/'] };

export function cannedRoutes(): Parameters<typeof startCannedApi>[0] {
  const task = () => TASK;
  const changed = () => ({ id: PLAN_ID, status: 'active', version: 9 });
  return {
    getPlan: () => planFixture({ revision: 3 }),
    getGraph: ({ query }) =>
      query.revision === 2 ? { ...GRAPH, revision: 2, tasks: GRAPH.tasks.slice(0, 2) } : GRAPH,
    editPlan: () => ({ ...GRAPH, revision: 4 }),
    listPlans: () => ({ items: [planFixture()] }),
    listTasks: () => ({ items: [TASK] }),
    getTask: () => DETAIL,
    approvePlan: changed,
    rejectPlan: changed,
    cancelPlan: changed,
    restartPlan: changed,
    recoverPlan: changed,
    retryTask: task,
    unblockTask: task,
    approveTask: task,
    finishTask: task,
    cancelTask: task,
    requestChanges: task,
    sendMessage: () => ({ n: 1, author: 'ada', text: 'x', at: NOW }),
    systemStatus: () => ({
      version: '0.1.0',
      slots: { used: 1, limit: 4 },
      pauses: [{ what: 'the model', until: NOW + 60_000, reason: 'quota' }],
      isolation: 'agents run as you',
    }),
  };
}
