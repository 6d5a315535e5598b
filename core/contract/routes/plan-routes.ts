import { z } from 'zod';
import { planIdSchema } from '../id.ts';
import {
  approvePlanSchema,
  budgetSchema,
  createPlanSchema,
  editPlanSchema,
  graphViewSchema,
  planStatusSchema,
  planViewSchema,
  reasonSchema,
  restartSchema,
} from '../plan.ts';
import { taskViewSchema } from '../task.ts';
import type { Route } from './route.ts';
import { createListSchema, pageQueryFields } from './route.ts';

const planParams = z.object({ plan: planIdSchema });
const changedPlanSchema = z.object({
  id: z.string(),
  status: z.string(),
  version: z.number().int(),
});

/** Routes to submit, edit, approve, stop and watch plans. */
export const PLAN_ROUTES = {
  createPlan: {
    method: 'POST',
    path: '/v1/plans',
    access: 'operator',
    summary: 'Create a plan from a prompt or a graph',
    body: createPlanSchema,
    maxBytes: 6_000_000,
    status: 201,
    answer: planViewSchema,
    idempotent: true,
  },
  listPlans: {
    method: 'GET',
    path: '/v1/plans',
    access: 'viewer',
    summary: 'List plans, newest first',
    query: z.object({ ...pageQueryFields, status: planStatusSchema.optional() }),
    status: 200,
    answer: createListSchema(planViewSchema),
  },
  getPlan: {
    method: 'GET',
    path: '/v1/plans/{plan}',
    access: 'viewer',
    summary: 'Get a plan',
    params: planParams,
    status: 200,
    answer: planViewSchema,
  },
  getGraph: {
    method: 'GET',
    path: '/v1/plans/{plan}/graph',
    access: 'viewer',
    summary: 'Get a revision of the graph; the newest by default',
    params: planParams,
    query: z.object({ revision: z.coerce.number().int().min(1).optional() }),
    status: 200,
    answer: graphViewSchema,
  },
  editPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/edits',
    access: 'operator',
    summary:
      'Edit the graph before approval; a 409 response contains the changes of newer revisions',
    params: planParams,
    body: editPlanSchema,
    maxBytes: 1_000_000,
    status: 200,
    answer: graphViewSchema,
  },
  approvePlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/approve',
    access: 'operator',
    summary: 'Approve a revision of the graph',
    params: planParams,
    body: approvePlanSchema,
    status: 202,
    answer: changedPlanSchema,
  },
  rejectPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/reject',
    access: 'operator',
    summary: 'Reject a plan',
    params: planParams,
    body: reasonSchema,
    status: 200,
    answer: changedPlanSchema,
  },
  cancelPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/cancel',
    access: 'operator',
    summary: 'Stop a plan; its branches are kept for the configured number of days',
    params: planParams,
    body: reasonSchema,
    status: 202,
    answer: changedPlanSchema,
  },
  restartPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/restart',
    access: 'operator',
    summary: 'Run a plan again from its approved graph, or plan a failed plan again',
    params: planParams,
    body: restartSchema,
    status: 202,
    answer: changedPlanSchema,
  },
  recoverPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/recover',
    access: 'operator',
    summary: 'Reconcile the plan and all its tasks now instead of when they are due',
    params: planParams,
    status: 202,
    answer: changedPlanSchema,
  },
  changeBudget: {
    method: 'POST',
    path: '/v1/plans/{plan}/budget',
    access: 'operator',
    summary: 'Change the budget of a plan; parked tasks continue if the budget allows it',
    params: planParams,
    body: budgetSchema,
    status: 200,
    answer: changedPlanSchema,
  },
  planChanges: {
    method: 'GET',
    path: '/v1/plans/{plan}/changes',
    access: 'viewer',
    summary: 'List the items of a plan that changed since a cursor',
    params: planParams,
    query: z.object({ since: z.coerce.number().int().min(0).default(0), ...pageQueryFields }),
    status: 200,
    answer: z.object({
      plan: planViewSchema.optional(),
      tasks: z.array(taskViewSchema),
      /** Value of `since` for the next call, valid when `next` is absent. */
      cursor: z.number().int(),
      /** Present if there are more items: repeat the call with the same `since` and this value as `cursor`. */
      next: z.string().optional(),
    }),
  },
} as const satisfies Record<string, Route>;
