import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../cli/client/client.ts';
import type { Line } from '../../cli/render/layout/line.ts';
import { renderLines } from '../../cli/render/layout/line.ts';
import { renderGraph } from '../../cli/render/render-graph.ts';
import { renderSummary } from '../../cli/render/render-summary.ts';
import type { PlanSnapshot } from '../../cli/watch/follow-plan.ts';
import { getExitCode, hasStopped } from '../../cli/watch/plan-outcome.ts';
import { watchPlan } from '../../cli/watch/watch-plan.ts';
import { API } from '../../core/contract/api.ts';
import type { CreatePlan } from '../../core/contract/plan.ts';

/** The client and the terminal of the demo. */
export type DemoStage = {
  readonly client: Client;
  readonly out: NodeJS.WriteStream;
  readonly printText: (text: string) => void;
};

/** Creates a plan and returns its id; a resumed demo gets the same plan for the same key. */
export async function submitPrompt(
  stage: DemoStage,
  repository: string,
  prompt: string,
  key: string,
): Promise<string> {
  const body: CreatePlan = {
    prompt,
    repositories: [{ name: repository }],
    complexity: 'auto',
    autoApprove: false,
    policy: 'auto',
    limits: {},
    budget: {},
    interactive: false,
  };
  const plan = await stage.client.call(API.createPlan, { body }, { idempotencyKey: key });
  return plan.id;
}

/** Waits for the planner, shows the graph and approves it. */
export async function approveWhenPlanned(stage: DemoStage, plan: string): Promise<void> {
  for (;;) {
    const view = await stage.client.call(API.getPlan, { params: { plan } });
    if (view.status === 'pending_approval') {
      const graph = await stage.client.call(API.getGraph, { params: { plan }, query: {} });
      printLines(stage, renderGraph(view, graph, { width: getTerminalWidth(stage) }));
      stage.printText(
        `The demo now approves this plan for you. The command would be: smol-gang plan approve ${plan}`,
      );
      await stage.client.call(API.approvePlan, {
        params: { plan },
        body: { revision: view.revision },
      });
      return;
    }
    if (view.status !== 'planning') return;
    await delay(150);
  }
}

/** Shows the progress of a plan until its end; throws unless the plan is complete. */
export async function followPlan(stage: DemoStage, plan: string): Promise<PlanSnapshot> {
  const { state } = await watchPlan(stage.client, plan, {
    out: stage.out,
    isTTY: stage.out.isTTY === true,
    colour: stage.out.isTTY === true,
    until: hasStopped,
  });
  printLines(stage, renderSummary(state.plan, state.tasks, { width: getTerminalWidth(stage) }));
  if (getExitCode(state) === 0) return state;
  throw new Error(
    `the demo expected plan ${plan} to complete, but the plan is ${state.plan.status}${state.plan.reason === undefined ? '' : `: ${state.plan.reason}`}`,
  );
}

/** Prints rendered lines after a blank line. */
export function printLines(stage: DemoStage, lines: readonly Line[]): void {
  stage.out.write(`\n${renderLines(lines, { colour: stage.out.isTTY === true }).join('\n')}\n`);
}

function getTerminalWidth(stage: DemoStage): number {
  return Math.min(stage.out.columns ?? 100, 100);
}
