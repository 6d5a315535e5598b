import { z } from 'zod';
import { planIdSchema } from './id.ts';
import { createListSchema, pageQueryFields } from './list.ts';
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
} from './plan.ts';
import type { Route } from './route.ts';
import { taskViewSchema } from './task.ts';

const planParams = z.object({ plan: planIdSchema });
const changedPlanSchema = z.object({
  id: z.string(),
  status: z.string(),
  version: z.number().int(),
});

/** Plans: handing in, editing, deciding, watching. */
export const PLAN_ROUTES = {
  createPlan: {
    method: 'POST',
    path: '/v1/plans',
    access: 'operator',
    summary: 'Hand in a prompt or a graph',
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
    summary: 'Plans, newest first',
    query: z.object({ ...pageQueryFields, status: planStatusSchema.optional() }),
    status: 200,
    answer: createListSchema(planViewSchema),
  },
  getPlan: {
    method: 'GET',
    path: '/v1/plans/{plan}',
    access: 'viewer',
    summary: 'A plan',
    params: planParams,
    status: 200,
    answer: planViewSchema,
  },
  getGraph: {
    method: 'GET',
    path: '/v1/plans/{plan}/graph',
    access: 'viewer',
    summary: 'A revision of the graph; without one the newest',
    params: planParams,
    query: z.object({ revision: z.coerce.number().int().min(1).optional() }),
    status: 200,
    answer: graphViewSchema,
  },
  editPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/edits',
    access: 'operator',
    summary: 'Edit the graph before it is approved; 409 carries what changed since',
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
    summary: 'Approve a revision',
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
    summary: 'Stop a plan; its work is kept for as many days as are configured',
    params: planParams,
    body: reasonSchema,
    status: 202,
    answer: changedPlanSchema,
  },
  restartPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/restart',
    access: 'operator',
    summary: 'Run it again from the approved graph, or plan a failed one again',
    params: planParams,
    body: restartSchema,
    status: 202,
    answer: changedPlanSchema,
  },
  recoverPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/recover',
    access: 'operator',
    summary: 'Look at everything of a plan now rather than when it is due',
    params: planParams,
    status: 202,
    answer: changedPlanSchema,
  },
  changeBudget: {
    method: 'POST',
    path: '/v1/plans/{plan}/budget',
    access: 'operator',
    summary: 'Change what a plan may use: parked work goes on when there is room',
    params: planParams,
    body: budgetSchema,
    status: 200,
    answer: changedPlanSchema,
  },
  planChanges: {
    method: 'GET',
    path: '/v1/plans/{plan}/changes',
    access: 'viewer',
    summary: 'Items of a plan that changed since a cursor',
    params: planParams,
    query: z.object({ since: z.coerce.number().int().min(0).default(0), ...pageQueryFields }),
    status: 200,
    answer: z.object({
      plan: planViewSchema.optional(),
      tasks: z.array(taskViewSchema),
      /** The next `since`, once there is no `next`. */
      cursor: z.number().int(),
      /** More of the same answer: ask again with the same `since` and this as `cursor`. */
      next: z.string().optional(),
    }),
  },
} as const satisfies Record<string, Route>;
