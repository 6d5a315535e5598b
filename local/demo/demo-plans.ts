import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../cli/client/client.ts';
import type { Line } from '../../cli/render/layout/line.ts';
import { renderLines } from '../../cli/render/layout/line.ts';
import { renderGraph } from '../../cli/render/render-graph.ts';
import { renderSummary } from '../../cli/render/render-summary.ts';
import type { PlanSnapshot } from '../../cli/watch/follow-plan.ts';
import { getExitCode, isAtStandstill } from '../../cli/watch/plan-outcome.ts';
import { watchPlan } from '../../cli/watch/watch-plan.ts';
import { API } from '../../core/contract/api.ts';

/** The API client and the terminal of the demo. */
export type DemoContext = {
  readonly client: Client;
  readonly out: NodeJS.WriteStream;
  readonly printText: (text: string) => void;
};

/** Creates a plan and returns its id. A repeated call with the same idempotency key returns the id of the existing plan. */
export async function submitPrompt(
  context: DemoContext,
  repository: string,
  prompt: string,
  idempotencyKey: string,
): Promise<string> {
  const body = { prompt, repositories: [{ name: repository }] };
  const plan = await context.client.call(API.createPlan, { body }, { idempotencyKey });
  return plan.id;
}

/** Waits for the end of planning. If the plan then waits for approval, prints the graph and approves the plan. */
export async function approveWhenPlanned(context: DemoContext, plan: string): Promise<void> {
  for (;;) {
    const view = await context.client.call(API.getPlan, { params: { plan } });
    if (view.status === 'pending_approval') {
      const graph = await context.client.call(API.getGraph, { params: { plan }, query: {} });
      printLines(
        context,
        renderGraph(view, graph, { now: Date.now(), width: getTerminalWidth(context) }),
      );
      context.printText(
        `The demo now approves this plan for you. The command would be: smol-gang plan approve ${plan}`,
      );
      await context.client.call(API.approvePlan, {
        params: { plan },
        body: { revision: view.revision },
      });
      return;
    }
    if (view.status !== 'planning') return;
    await delay(150);
  }
}

/** Prints the progress of a plan until the plan stops, and then a summary. Throws unless the plan is complete. */
export async function followPlan(context: DemoContext, plan: string): Promise<PlanSnapshot> {
  const { state } = await watchPlan(context.client, plan, {
    out: context.out,
    isTTY: context.out.isTTY === true,
    colour: context.out.isTTY === true,
    until: isAtStandstill,
  });
  printLines(context, renderSummary(state.plan, state.tasks, { width: getTerminalWidth(context) }));
  if (getExitCode(state) === 0) return state;
  throw new Error(
    `the demo expected plan ${plan} to complete, but the plan is ${state.plan.status}${state.plan.reason === undefined ? '' : `: ${state.plan.reason}`}`,
  );
}

/** Prints rendered lines after a blank line. */
export function printLines(context: DemoContext, lines: readonly Line[]): void {
  context.out.write(`\n${renderLines(lines, { colour: context.out.isTTY === true }).join('\n')}\n`);
}

function getTerminalWidth(context: DemoContext): number {
  return Math.min(context.out.columns || 100, 100);
}
