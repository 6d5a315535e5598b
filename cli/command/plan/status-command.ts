import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand } from '../../define-command.ts';
import { joinSections } from '../../render/render-plan.ts';
import { renderPlanList } from '../../render/render-plan-list.ts';
import { renderSystem } from '../../render/render-system.ts';
import { readPlanSnapshot } from '../../watch/follow-plan.ts';
import { getExitCode } from '../../watch/plan-outcome.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { printPlan, printSummary } from './print-plan.ts';
import { followPlanToEnd } from './wait-for-plan.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'what goes on; of one plan, or of all',
  usage: '[PLAN] [--watch] [--summary]',
  words: { min: 0, max: 1 },
  options: {
    watch: {
      type: 'boolean',
      short: 'w',
      help: 'keep the view up to date until the plan has ended',
    },
    summary: { type: 'boolean', help: 'what it took: times, critical path, tokens, cost' },
  },
  details: 'PLAN may be `last`: the newest. The exit code tells the state of the plan.',
  async run(context, [word], values) {
    const { terminal } = context;
    const client = await context.client();
    if (word === undefined) {
      if (values.watch === true || values.summary === true) {
        throw createUsageError(
          'name the plan: smol-gang status PLAN --watch; `last` is the newest',
        );
      }
      return printOverview(context, client);
    }
    const plan = await resolvePlan(client, word);
    if (values.watch === true) return followPlanToEnd(context, client, plan);
    const state = await readPlanSnapshot(client, plan);
    if (terminal.isJson) terminal.printJson(state);
    else if (values.summary === true) printSummary(context, state);
    else await printPlan(context, client, state);
    return getExitCode(state);
  },
});

const OVERVIEW_PLANS = 10;

/** The list has no sums over tasks; here they are wanted, and so are the commands of tasks that wait. */
async function printOverview(context: CommandContext, client: Client): Promise<ExitCode> {
  const { terminal, host } = context;
  const [system, list] = await Promise.all([
    client.call(API.systemStatus, {}),
    client.call(API.listPlans, { query: { limit: OVERVIEW_PLANS } }),
  ]);
  const plans = await Promise.all(
    list.items.map((plan) => client.call(API.getPlan, { params: { plan: plan.id } })),
  );
  if (terminal.isJson) {
    terminal.printJson({ system, plans });
    return EXIT.done;
  }
  const options = { now: host.now(), width: terminal.width };
  terminal.printLines(
    joinSections([
      renderSystem(system, options),
      renderPlanList(plans, { ...options, withFigures: true }),
    ]),
  );
  return EXIT.done;
}
