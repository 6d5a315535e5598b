import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../../core/contract/api.ts';
import type { Notice } from '../../../core/contract/notice.ts';
import type { ExitCode } from '../../cli-error.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand } from '../../define-command.ts';
import type { Line } from '../../render/layout/line.ts';
import { joinSections } from '../../render/layout/line.ts';
import { renderNotices } from '../../render/render-notices.ts';
import { renderPlanList } from '../../render/render-plan-list.ts';
import { renderSystem } from '../../render/render-system.ts';
import type { PlanSnapshot } from '../../watch/follow-plan.ts';
import { readPlanSnapshot } from '../../watch/follow-plan.ts';
import { openLiveScreen } from '../../watch/live-screen.ts';
import { getExitCode } from '../../watch/plan-outcome.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { printPlan, printSummary } from './print-plan.ts';
import { followPlanToEnd } from './wait-for-plan.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'show the state of a plan, or of the system and the newest plans',
  usage: '[PLAN] [--watch] [--summary]',
  argumentCount: { min: 0, max: 1 },
  options: {
    watch: {
      type: 'boolean',
      short: 'w',
      help: 'update the view until the plan has ended, and without a plan until Ctrl-C',
    },
    summary: {
      type: 'boolean',
      help: 'show times, critical path, tokens and cost instead of the tasks',
    },
  },
  details: 'The exit code tells the state of the plan; `smol-gang help` lists the exit codes.',
  async run(context, [planArgument], values) {
    const { terminal } = context;
    const client = await context.client();
    if (planArgument === undefined) {
      if (values.summary === true)
        throw createUsageError('the plan is missing: give its id, or `last` for the newest plan');
      return values.watch === true
        ? watchOverview(context, client)
        : printOverview(context, client);
    }
    const plan = await resolvePlan(client, planArgument);
    if (values.watch === true) return followPlanToEnd(context, client, plan);
    const [state, notices] = await Promise.all([
      readPlanSnapshot(client, plan),
      client.call(API.listPlanNotices, { params: { plan }, query: { limit: RECENT_NOTICE_COUNT } }),
    ]);
    if (terminal.isJson) terminal.printJson(buildStatusJson(state, notices.items));
    else if (values.summary === true) printSummary(context, state);
    else {
      await printPlan(context, client, state);
      printNotices(context, notices.items);
    }
    return getExitCode(state);
  },
});

/**
 * Builds the JSON of a plan. The notices stand beside the plan, and for scripts of earlier versions also in the plan, with their
 * text as `message`.
 */
function buildStatusJson(state: PlanSnapshot, notices: readonly Notice[]): unknown {
  const earlierNotices = notices.map((notice) => ({ ...notice, message: notice.text }));
  return { ...state, plan: { ...state.plan, notices: earlierNotices }, notices };
}

const OVERVIEW_PLAN_COUNT = 10;
const RECENT_NOTICE_COUNT = 5;
/** Pause between two updates of the view without a plan. */
const OVERVIEW_INTERVAL_MS = 2_000;

function printNotices({ terminal, host }: CommandContext, notices: readonly Notice[]): void {
  const lines = renderNotices(notices, { now: host.now(), width: terminal.width });
  if (lines.length > 0) terminal.printLines([[], ...lines]);
}

/** Shows the system and the newest plans at a terminal, and updates the view until Ctrl-C. */
async function watchOverview(context: CommandContext, client: Client): Promise<ExitCode> {
  const { host, terminal } = context;
  if (!terminal.isTerminal || terminal.isJson)
    throw createUsageError('--watch without a plan needs a terminal', 'name a plan, or `last`');
  const abort = new AbortController();
  const removeHandler = host.onInterrupt(() => abort.abort());
  const screen = openLiveScreen(host.stdout, terminal.hasColour);
  try {
    while (!abort.signal.aborted) {
      screen.draw(renderOverview(context, await readOverview(client)));
      await delay(OVERVIEW_INTERVAL_MS, undefined, { signal: abort.signal });
    }
    return EXIT.interrupted;
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    removeHandler();
    screen.close({ keepFrame: true });
  }
}

type Overview = Awaited<ReturnType<typeof readOverview>>;

/**
 * Reads the system and the newest plans. Reads each plan separately, because a plan in the list has neither the usage of its
 * tasks nor the waiting items of its tasks.
 */
async function readOverview(client: Client) {
  const [system, list, notices] = await Promise.all([
    client.call(API.systemStatus, {}),
    client.call(API.listPlans, { query: { limit: OVERVIEW_PLAN_COUNT } }),
    client.call(API.listNotices, { query: { limit: RECENT_NOTICE_COUNT } }),
  ]);
  const plans = await Promise.all(
    list.items.map((plan) => client.call(API.getPlan, { params: { plan: plan.id } })),
  );
  return { system, plans, notices: notices.items };
}

async function printOverview(context: CommandContext, client: Client): Promise<ExitCode> {
  const overview = await readOverview(client);
  if (context.terminal.isJson) context.terminal.printJson(overview);
  else context.terminal.printLines(renderOverview(context, overview));
  return EXIT.done;
}

function renderOverview(
  { terminal, host }: CommandContext,
  { system, plans, notices }: Overview,
): Line[] {
  const options = { now: host.now(), width: terminal.width };
  return joinSections([
    renderSystem(system, options),
    renderPlanList(plans, { ...options, usageIncludesTasks: true }),
    renderNotices(notices, options),
  ]);
}
