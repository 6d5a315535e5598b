import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../cli/client.ts';
import { exitCodeOf, hasStopped } from '../../cli/plan-end.ts';
import type { PlanState } from '../../cli/progress.ts';
import { renderGraph } from '../../cli/render/graph-view.ts';
import { type Line, renderLines } from '../../cli/render/line.ts';
import { renderSummary } from '../../cli/render/summary.ts';
import { watchPlan } from '../../cli/watch-plan.ts';
import { API } from '../../core/contract/api.ts';
import type { CreatePlan } from '../../core/contract/plan.ts';

export type Stage = { client: Client; out: NodeJS.WriteStream; say: (text: string) => void };

/** Hands a prompt in; the same key answers the same plan, however often a killed demo asks. */
export async function handIn(
  stage: Stage,
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

/** Watches until the planner is through, shows the graph and approves it, as a person would. */
export async function approveWhenPlanned(stage: Stage, plan: string): Promise<void> {
  for (;;) {
    const view = await stage.client.call(API.getPlan, { params: { plan } });
    if (view.status === 'pending_approval') {
      const graph = await stage.client.call(API.getGraph, { params: { plan }, query: {} });
      print(stage, renderGraph(view, graph, { width: widthOf(stage) }));
      stage.say(
        `Approving revision ${view.revision}, as you would with: smol-gang plan approve ${plan}`,
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

/** Live until it has ended; throws when it ended otherwise than complete. */
export async function follow(stage: Stage, plan: string): Promise<PlanState> {
  const { state } = await watchPlan(stage.client, plan, {
    out: stage.out,
    isTTY: stage.out.isTTY === true,
    colour: stage.out.isTTY === true,
    until: hasStopped,
  });
  print(stage, renderSummary(state.plan, state.tasks, { width: widthOf(stage) }));
  if (exitCodeOf(state) === 0) return state;
  throw new Error(
    `plan ${plan} is ${state.plan.status}${state.plan.reason === undefined ? '' : `: ${state.plan.reason}`}`,
  );
}

export function print(stage: Stage, lines: readonly Line[]): void {
  stage.out.write(`\n${renderLines(lines, { colour: stage.out.isTTY === true }).join('\n')}\n`);
}

function widthOf(stage: Stage): number {
  return Math.min(stage.out.columns ?? 100, 100);
}
