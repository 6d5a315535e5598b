import { API } from '../../core/contract/api.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { defineCommand } from '../command.ts';
import { exitCodeOf } from '../plan-end.ts';
import { readPlanState } from '../progress.ts';
import { renderPlanList } from '../render/plan-list.ts';
import { joinSections } from '../render/plan-view.ts';
import { renderSystem } from '../render/system.ts';
import { planOf } from './plan-word.ts';
import { printPlanState, printSummary } from './show-plan.ts';
import { followToEnd } from './wait.ts';

export const status = defineCommand({
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
        throw usageError('name the plan: smol-gang status PLAN --watch; `last` is the newest');
      }
      return printOverview(context, client);
    }
    const plan = await planOf(client, word);
    if (values.watch === true) return followToEnd(context, client, plan);
    const state = await readPlanState(client, plan);
    if (terminal.json) terminal.printJson(state);
    else if (values.summary === true) printSummary(context, state);
    else await printPlanState(context, client, state);
    return exitCodeOf(state);
  },
});

const OVERVIEW = 10;

/** The list has no sums over tasks; here they are wanted, and so are the commands of tasks that wait. */
async function printOverview(context: Context, client: Client): Promise<ExitCode> {
  const { terminal, host } = context;
  const [system, list] = await Promise.all([
    client.call(API.systemStatus, {}),
    client.call(API.listPlans, { query: { limit: OVERVIEW } }),
  ]);
  const plans = await Promise.all(
    list.items.map((plan) => client.call(API.getPlan, { params: { plan: plan.id } })),
  );
  if (terminal.json) {
    terminal.printJson({ system, plans });
    return EXIT.done;
  }
  const options = { now: host.now(), width: terminal.width };
  terminal.print(
    joinSections([
      renderSystem(system, options),
      renderPlanList(plans, { ...options, withFigures: true }),
    ]),
  );
  return EXIT.done;
}
