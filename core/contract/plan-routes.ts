import { z } from 'zod';
import { planIdSchema } from './id.ts';
import { list, page } from './list.ts';
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

const plan = z.object({ plan: planIdSchema });
const changedPlan = z.object({ id: z.string(), status: z.string(), version: z.number().int() });

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
    query: z.object({ ...page, status: planStatusSchema.optional() }),
    status: 200,
    answer: list(planViewSchema),
  },
  getPlan: {
    method: 'GET',
    path: '/v1/plans/{plan}',
    access: 'viewer',
    summary: 'A plan',
    params: plan,
    status: 200,
    answer: planViewSchema,
  },
  getGraph: {
    method: 'GET',
    path: '/v1/plans/{plan}/graph',
    access: 'viewer',
    summary: 'A revision of the graph; without one the newest',
    params: plan,
    query: z.object({ revision: z.coerce.number().int().min(1).optional() }),
    status: 200,
    answer: graphViewSchema,
  },
  editPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/edits',
    access: 'operator',
    summary: 'Edit the graph before it is approved; 409 carries what changed since',
    params: plan,
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
    params: plan,
    body: approvePlanSchema,
    status: 202,
    answer: changedPlan,
  },
  rejectPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/reject',
    access: 'operator',
    summary: 'Reject a plan',
    params: plan,
    body: reasonSchema,
    status: 200,
    answer: changedPlan,
  },
  cancelPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/cancel',
    access: 'operator',
    summary: 'Stop a plan; its work is kept for as many days as are configured',
    params: plan,
    body: reasonSchema,
    status: 202,
    answer: changedPlan,
  },
  restartPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/restart',
    access: 'operator',
    summary: 'Run it again from the approved graph, or plan a failed one again',
    params: plan,
    body: restartSchema,
    status: 202,
    answer: changedPlan,
  },
  recoverPlan: {
    method: 'POST',
    path: '/v1/plans/{plan}/recover',
    access: 'operator',
    summary: 'Look at everything of a plan now rather than when it is due',
    params: plan,
    status: 202,
    answer: changedPlan,
  },
  changeBudget: {
    method: 'POST',
    path: '/v1/plans/{plan}/budget',
    access: 'operator',
    summary: 'Change what a plan may use: parked work goes on when there is room',
    params: plan,
    body: budgetSchema,
    status: 200,
    answer: changedPlan,
  },
  planChanges: {
    method: 'GET',
    path: '/v1/plans/{plan}/changes',
    access: 'viewer',
    summary: 'Items of a plan that changed since a cursor',
    params: plan,
    query: z.object({ since: z.coerce.number().int().min(0).default(0), ...page }),
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
