import { deriveIdempotentId, hashBody, requireSameBody } from '../../../core/access/idempotency.ts';
import type { API } from '../../../core/contract/api.ts';
import { approvePlan } from '../../../core/engine/command/approve-plan.ts';
import { cancelPlan } from '../../../core/engine/command/cancel-plan.ts';
import { changeBudget } from '../../../core/engine/command/change-budget.ts';
import { closePlan } from '../../../core/engine/command/close-plan.ts';
import { createPlan } from '../../../core/engine/command/create-plan.ts';
import { decideBase } from '../../../core/engine/command/decide-base.ts';
import { editPlan } from '../../../core/engine/command/edit-plan.ts';
import { recoverPlan } from '../../../core/engine/command/recover-plan.ts';
import { rejectPlan } from '../../../core/engine/command/reject-plan.ts';
import { restartPlan } from '../../../core/engine/command/restart-plan.ts';
import { retargetPlan } from '../../../core/engine/command/retarget-plan.ts';
import type { ForgeDeps } from '../../../core/engine/engine-deps.ts';
import { readPlanPatch } from '../../../core/engine/view/read-diff.ts';
import {
  buildGraphView,
  listPlanViews,
  readChanges,
  readGraph,
  readPlanView,
} from '../../../core/engine/view/read-view.ts';
import type { StoredPlan } from '../../../core/store/plan-store.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the plan routes and the task routes. */
export type PlanDeps = { readonly engine: ForgeDeps };

function summarisePlan({ state, version }: StoredPlan): {
  readonly id: string;
  readonly status: string;
  readonly version: number;
} {
  return { id: state.id, status: state.status, version };
}

export const planHandlers = {
  createPlan: async ({ body, actor, deps: { engine }, idempotencyKey }) => {
    const key = idempotencyKey ?? engine.newId();
    const id = `p${deriveIdempotentId(actor.email, 'createPlan', key)}`;
    const hash = hashBody(body);
    const plan = await createPlan(engine, body, actor.email, id, hash);
    requireSameBody(plan.state.bodyHash, hash);
    return readPlanView(engine, id);
  },
  listPlans: async ({ query, deps }) => listPlanViews(deps.engine, query),
  getPlan: async ({ params, deps }) => readPlanView(deps.engine, params.plan),
  planPatch: async ({ params, query, deps }) => readPlanPatch(deps.engine, params.plan, query.repo),
  getGraph: async ({ params, query, deps }) => readGraph(deps.engine, params.plan, query.revision),
  editPlan: async ({ params, body, actor, deps }) =>
    buildGraphView(params.plan, await editPlan(deps.engine, params.plan, body, actor.email)),
  approvePlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await approvePlan(deps.engine, params.plan, body.revision, actor.email)),
  rejectPlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await rejectPlan(deps.engine, params.plan, body.reason, actor.email)),
  cancelPlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await cancelPlan(deps.engine, params.plan, body.reason, actor.email)),
  closePlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await closePlan(deps.engine, params.plan, body.reason, actor.email)),
  restartPlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await restartPlan(deps.engine, params.plan, body, actor.email)),
  retargetPlan: async ({ params, body, actor, deps }) =>
    summarisePlan(await retargetPlan(deps.engine, params.plan, body, actor.email)),
  decideBase: async ({ params, body, actor, deps }) =>
    summarisePlan(await decideBase(deps.engine, params.plan, body.decision, actor.email)),
  recoverPlan: async ({ params, deps }) =>
    summarisePlan(await recoverPlan(deps.engine, params.plan)),
  changeBudget: async ({ params, body, actor, deps }) =>
    summarisePlan(await changeBudget(deps.engine, params.plan, body, actor.email)),
  planChanges: async ({ params, query, deps }) => readChanges(deps.engine, params.plan, query),
} satisfies Partial<Handlers<typeof API, PlanDeps>>;
