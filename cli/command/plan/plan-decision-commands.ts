import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseNumberOption } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { waitForPlan } from './wait-for-plan.ts';

type PlanChangeAnswer = { readonly id: string; readonly status: string; readonly version: number };

const REASON_OPTION = {
  reason: { type: 'string', value: 'TEXT', help: 'reason, stored with the plan' },
} as const;
const WAIT_OPTION = {
  wait: { type: 'boolean', help: 'watch until the plan ends or needs a person' },
} as const;

export const planApproveCommand = defineCommand({
  name: 'plan approve',
  summary: 'approve the graph of a plan, so that its tasks start',
  usage: 'PLAN [--revision N] [--wait]',
  argumentCount: { min: 1, max: 1 },
  options: {
    revision: { type: 'string', value: 'N', help: 'fail unless this is the newest revision' },
    ...WAIT_OPTION,
  },
  async run(context, [planArgument], values) {
    const client = await context.client();
    const params = { plan: await resolvePlan(client, planArgument) };
    const requested = parseNumberOption('revision', values.revision, { min: 1, whole: true });
    const revision = requested ?? (await client.call(API.getPlan, { params })).revision;
    const changedPlan = await client.call(API.approvePlan, { params, body: { revision } });
    return printChangeOrWait(
      context,
      client,
      changedPlan,
      `approved at revision ${revision}`,
      values.wait,
    );
  },
});

export const planRejectCommand = defineCommand({
  name: 'plan reject',
  summary: 'reject the graph of a plan, so that no task starts',
  usage: 'PLAN [--reason TEXT]',
  argumentCount: { min: 1, max: 1 },
  options: REASON_OPTION,
  async run(context, [planArgument], values) {
    const client = await context.client();
    const params = { plan: await resolvePlan(client, planArgument) };
    const body = { reason: values.reason ?? '' };
    return printChangeOrWait(
      context,
      client,
      await client.call(API.rejectPlan, { params, body }),
      'rejected',
    );
  },
});

export const planRestartCommand = defineCommand({
  name: 'plan restart',
  summary: 'run a stopped plan again; without an approved graph, plan it again',
  usage: 'PLAN [--wait]',
  argumentCount: { min: 1, max: 1 },
  options: WAIT_OPTION,
  async run(context, [planArgument], values) {
    const client = await context.client();
    const params = { plan: await resolvePlan(client, planArgument) };
    const { run } = await client.call(API.getPlan, { params });
    const changedPlan = await client.call(API.restartPlan, { params, body: { run } });
    return printChangeOrWait(context, client, changedPlan, 'restarted', values.wait);
  },
});

export const planBudgetCommand = defineCommand({
  name: 'plan budget',
  summary: 'change the budget of a plan; parked work continues within the new budget',
  usage: 'PLAN [--max-usd N] [--max-tokens N]',
  argumentCount: { min: 1, max: 1 },
  options: {
    'max-usd': { type: 'string', value: 'N', help: 'budget of the plan in USD' },
    'max-tokens': { type: 'string', value: 'N', help: 'budget of the plan in tokens' },
  },
  async run(context, [planArgument], values) {
    const body = {
      maxUsd: parseNumberOption('max-usd', values['max-usd'], { min: 0, whole: false }),
      maxTokens: parseNumberOption('max-tokens', values['max-tokens'], { min: 1, whole: true }),
    };
    if (body.maxUsd === undefined && body.maxTokens === undefined) {
      throw createUsageError('the new budget is missing: give --max-usd, --max-tokens or both');
    }
    const client = await context.client();
    const params = { plan: await resolvePlan(client, planArgument) };
    const changedPlan = await client.call(API.changeBudget, { params, body });
    return printChangeOrWait(context, client, changedPlan, 'has a new budget');
  },
});

export const cancelCommand = defineCommand({
  name: 'cancel',
  summary: 'stop a plan; its branches are kept for some days',
  usage: 'PLAN [--reason TEXT]',
  argumentCount: { min: 1, max: 1 },
  options: REASON_OPTION,
  async run(context, [planArgument], values) {
    const client = await context.client();
    const params = { plan: await resolvePlan(client, planArgument) };
    const body = { reason: values.reason ?? '' };
    return printChangeOrWait(
      context,
      client,
      await client.call(API.cancelPlan, { params, body }),
      'cancelled',
    );
  },
});

async function printChangeOrWait(
  context: CommandContext,
  client: Client,
  changedPlan: PlanChangeAnswer,
  message: string,
  wait = false,
): Promise<ExitCode> {
  if (wait) return waitForPlan(context, client, changedPlan.id);
  if (context.terminal.isJson) context.terminal.printJson(changedPlan);
  else {
    const status = message.startsWith(changedPlan.status) ? '' : ` · ${changedPlan.status}`;
    context.terminal.printLines([
      [styleSpan('good', '✓ '), `plan ${changedPlan.id} ${message}`, styleSpan('dim', status)],
    ]);
  }
  return EXIT.done;
}
