import { API } from '../../core/contract/api.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { defineCommand, numberOption } from '../command.ts';
import { styled } from '../render/line.ts';
import { planOf } from './plan-word.ts';
import { waitForPlan } from './wait.ts';

type Changed = { readonly id: string; readonly status: string; readonly version: number };

const REASON = {
  reason: { type: 'string', value: 'TEXT', help: 'why; kept with the plan' },
} as const;
const WAIT = { wait: { type: 'boolean', help: 'watch until it ends or needs a person' } } as const;

export const planApprove = defineCommand({
  name: 'plan approve',
  summary: 'approve a plan: its tasks start',
  usage: 'PLAN [--revision N] [--wait]',
  words: { min: 1, max: 1 },
  options: {
    revision: { type: 'string', value: 'N', help: 'only if this is still the newest revision' },
    ...WAIT,
  },
  async run(context, [word], values) {
    const client = await context.client();
    const params = { plan: await planOf(client, word) };
    const asked = numberOption('revision', values.revision, { min: 1, whole: true });
    const revision = asked ?? (await client.call(API.getPlan, { params })).revision;
    const changed = await client.call(API.approvePlan, { params, body: { revision } });
    return sayOrWait(context, client, changed, `approved at revision ${revision}`, values.wait);
  },
});

export const planReject = defineCommand({
  name: 'plan reject',
  summary: 'reject a plan: nothing of it starts',
  usage: 'PLAN [--reason TEXT]',
  words: { min: 1, max: 1 },
  options: REASON,
  async run(context, [word], values) {
    const client = await context.client();
    const params = { plan: await planOf(client, word) };
    const body = { reason: values.reason ?? '' };
    return sayOrWait(
      context,
      client,
      await client.call(API.rejectPlan, { params, body }),
      'rejected',
    );
  },
});

export const planRestart = defineCommand({
  name: 'plan restart',
  summary: 'run it again from the approved graph, or plan a failed one again',
  usage: 'PLAN [--wait]',
  words: { min: 1, max: 1 },
  options: WAIT,
  async run(context, [word], values) {
    const client = await context.client();
    const params = { plan: await planOf(client, word) };
    const { run } = await client.call(API.getPlan, { params });
    const changed = await client.call(API.restartPlan, { params, body: { run } });
    return sayOrWait(context, client, changed, 'starts again', values.wait);
  },
});

export const planBudget = defineCommand({
  name: 'plan budget',
  summary: 'change what a plan may use; parked work goes on when there is room',
  usage: 'PLAN [--max-usd N] [--max-tokens N]',
  words: { min: 1, max: 1 },
  options: {
    'max-usd': { type: 'string', value: 'N', help: 'USD for the plan as a whole' },
    'max-tokens': { type: 'string', value: 'N', help: 'tokens for the plan as a whole' },
  },
  async run(context, [word], values) {
    const client = await context.client();
    const params = { plan: await planOf(client, word) };
    const body = {
      maxUsd: numberOption('max-usd', values['max-usd'], { min: 0, whole: false }),
      maxTokens: numberOption('max-tokens', values['max-tokens'], { min: 1, whole: true }),
    };
    const changed = await client.call(API.changeBudget, { params, body });
    return sayOrWait(context, client, changed, 'has another budget');
  },
});

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'stop a plan; its work is kept for some days',
  usage: 'PLAN [--reason TEXT]',
  words: { min: 1, max: 1 },
  options: REASON,
  async run(context, [word], values) {
    const client = await context.client();
    const params = { plan: await planOf(client, word) };
    const body = { reason: values.reason ?? '' };
    return sayOrWait(
      context,
      client,
      await client.call(API.cancelPlan, { params, body }),
      'cancelled',
    );
  },
});

async function sayOrWait(
  context: Context,
  client: Client,
  changed: Changed,
  what: string,
  wait = false,
): Promise<ExitCode> {
  if (wait) return waitForPlan(context, client, changed.id);
  if (context.terminal.json) context.terminal.printJson(changed);
  else {
    const status = what.startsWith(changed.status) ? '' : ` · ${changed.status}`;
    context.terminal.print([
      [styled('good', '✓ '), `${changed.id} ${what}`, styled('dim', status)],
    ]);
  }
  return EXIT.done;
}
