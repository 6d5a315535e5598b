import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { CliError, createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseNumberOption } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { confirmAction, YES_OPTION } from '../confirm-action.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { waitForPlan } from './wait-for-plan.ts';

type PlanChangeAnswer = { readonly id: string; readonly status: string; readonly version: number };

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
    const { client, params } = await connectToPlan(context, planArgument);
    const requested = parseNumberOption('revision', values.revision, { min: 1, whole: true });
    const revision = requested ?? (await client.call(API.getPlan, { params })).revision;
    const plan = await client.call(API.approvePlan, { params, body: { revision } });
    if (values.wait === true) return waitForPlan(context, client, plan.id);
    return printChange(context, plan, `approved at revision ${revision}`);
  },
});

export const planRestartCommand = defineCommand({
  name: 'plan restart',
  summary: 'run a stopped plan again; without an approved graph, plan it again',
  usage: 'PLAN [--base same|current] [--close-ready] [--wait]',
  argumentCount: { min: 1, max: 1 },
  options: {
    base: {
      type: 'string',
      value: 'same|current',
      help: 'begin from the same commit (default) or from the present head of the base branch',
    },
    'close-ready': {
      type: 'boolean',
      help: 'also close a pull request whose finished work waits for a merge',
    },
    ...WAIT_OPTION,
  },
  async run(context, [planArgument], values) {
    const base = parseRestartBase(values.base);
    const { client, params } = await connectToPlan(context, planArgument);
    const { run } = await client.call(API.getPlan, { params });
    const closeReady = values['close-ready'] === true;
    const plan = await restartPlan(context, client, { params, body: { run, base, closeReady } });
    if (values.wait === true) return waitForPlan(context, client, plan.id);
    return printChange(context, plan, 'restarted');
  },
});

type RestartInput = {
  readonly params: { readonly plan: string };
  readonly body: {
    readonly run: number;
    readonly base: 'same' | 'current';
    readonly closeReady: boolean;
  };
};

/** Restarts a plan. At a terminal, asks before a pull request whose finished work waits for a merge is closed. */
async function restartPlan(
  context: CommandContext,
  client: Client,
  input: RestartInput,
): Promise<PlanChangeAnswer> {
  try {
    return await client.call(API.restartPlan, input);
  } catch (error) {
    const isReady = error instanceof CliError && error.code === 'ready_pull_open';
    if (!isReady || !context.terminal.isInteractive) throw error;
    const question = `${capitalise(error.message)}. Restart the plan anyway?`;
    await confirmAction(context, {}, question);
    return client.call(API.restartPlan, { ...input, body: { ...input.body, closeReady: true } });
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const planRetargetCommand = defineCommand({
  name: 'plan retarget',
  summary: 'deliver the result of a plan into another base branch',
  usage: 'PLAN --base BRANCH [--repo REPO]',
  argumentCount: { min: 1, max: 1 },
  options: {
    base: { type: 'string', value: 'BRANCH', help: 'the branch that receives the result' },
    repo: {
      type: 'string',
      value: 'REPO',
      help: 'OWNER/NAME, if the plan has several repositories',
    },
  },
  async run(context, [planArgument], values) {
    const { base } = values;
    if (base === undefined) throw createUsageError('the new base branch is missing: give --base');
    const { client, params } = await connectToPlan(context, planArgument);
    const { repositories } = await client.call(API.getPlan, { params });
    const names = repositories.map(({ name }) => name);
    const repo = values.repo ?? (names.length === 1 ? names[0] : undefined);
    if (repo === undefined)
      throw createUsageError(
        `the plan has several repositories: give --repo ${names.join(' or ')}`,
      );
    const plan = await client.call(API.retargetPlan, { params, body: { repo, base } });
    return printChange(context, plan, `delivers into ${base}`);
  },
});

export const planBaseCommand = defineCommand({
  name: 'plan base',
  summary: 'decide about a base commit that fails verification before any change',
  usage: 'PLAN --continue|--verify-again [--wait]',
  argumentCount: { min: 1, max: 1 },
  options: {
    continue: { type: 'boolean', help: 'start the tasks on this base commit anyway' },
    'verify-again': {
      type: 'boolean',
      help: 'verify the base commit again; tasks start once it is green',
    },
    ...WAIT_OPTION,
  },
  async run(context, [planArgument], values) {
    if ((values.continue === true) === (values['verify-again'] === true)) {
      throw createUsageError('the decision is missing: give either --continue or --verify-again');
    }
    const decision = values.continue === true ? 'continue' : 'verify_again';
    const { client, params } = await connectToPlan(context, planArgument);
    const plan = await client.call(API.decideBase, { params, body: { decision } });
    if (values.wait === true) return waitForPlan(context, client, plan.id);
    const message =
      decision === 'continue' ? 'continues on its base commit' : 'verifies its base commit again';
    return printChange(context, plan, message);
  },
});

function parseRestartBase(base = 'same'): 'same' | 'current' {
  if (base === 'same' || base === 'current') return base;
  throw createUsageError(`--base ${base} is not known: give same or current`);
}

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
    const { client, params } = await connectToPlan(context, planArgument);
    const plan = await client.call(API.changeBudget, { params, body });
    return printChange(context, plan, 'has a new budget');
  },
});

export const planRejectCommand = definePlanEndCommand({
  name: 'plan reject',
  summary: 'reject the graph of a plan, so that no task starts',
  route: API.rejectPlan,
  message: 'rejected',
});

export const cancelCommand = definePlanEndCommand({
  name: 'cancel',
  summary: 'stop a plan; its branches are kept for some days',
  route: API.cancelPlan,
  message: 'cancelled',
  effect: 'Its agents stop.',
});

export const planCloseCommand = definePlanEndCommand({
  name: 'plan close',
  summary: 'dismiss a plan that does not run: close its pull requests, delete its branches',
  route: API.closePlan,
  message: 'closed',
  effect: 'Its pull requests are closed, and its branches are deleted.',
});

/** Defines a command that ends a plan for a reason. */
function definePlanEndCommand(spec: {
  readonly name: string;
  readonly summary: string;
  readonly route: typeof API.rejectPlan | typeof API.cancelPlan | typeof API.closePlan;
  /** Past participle of the command. */
  readonly message: string;
  /** Effect that a person must confirm, as a sentence; absent: the command asks nothing. */
  readonly effect?: string;
}) {
  const verb = spec.name.replace('plan ', '');
  return defineCommand({
    name: spec.name,
    summary: spec.summary,
    usage: 'PLAN [--reason TEXT] [--yes]',
    argumentCount: { min: 1, max: 1 },
    options: {
      reason: { type: 'string', value: 'TEXT', help: 'reason, stored with the plan' },
      ...YES_OPTION,
    },
    async run(context, [planArgument], values) {
      const { client, params } = await connectToPlan(context, planArgument);
      if (spec.effect !== undefined) {
        const question = `${capitalise(verb)} plan ${params.plan}? ${spec.effect}`;
        await confirmAction(context, values, question);
      }
      const body = { reason: values.reason ?? '' };
      return printChange(context, await client.call(spec.route, { params, body }), spec.message);
    },
  });
}

async function connectToPlan(
  context: CommandContext,
  planArgument: string | undefined,
): Promise<{ readonly client: Client; readonly params: { readonly plan: string } }> {
  const client = await context.client();
  return { client, params: { plan: await resolvePlan(client, planArgument) } };
}

/** Prints the change of a plan, and its status unless the message already begins with the status. */
function printChange(
  { terminal }: CommandContext,
  plan: PlanChangeAnswer,
  message: string,
): ExitCode {
  if (terminal.isJson) terminal.printJson(plan);
  else {
    const status = message.startsWith(plan.status) ? '' : ` · ${plan.status}`;
    terminal.printLines([
      [styleSpan('good', '✓ '), `plan ${plan.id} ${message}`, styleSpan('dim', status)],
    ]);
  }
  return EXIT.done;
}
