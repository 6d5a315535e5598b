import { API } from '../../core/contract/api.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import type { PlanState } from '../progress.ts';
import { renderGraph } from '../render/graph-view.ts';
import { renderPlan } from '../render/plan-view.ts';
import { renderSummary } from '../render/summary.ts';

/** The plan as it stands: its graph while it waits for approval, its summary once complete, else its tasks. */
export async function printPlanState(
  context: Context,
  client: Client,
  state: PlanState,
): Promise<void> {
  const { terminal, host } = context;
  const width = terminal.width;
  if (state.plan.status === 'pending_approval') {
    const graph = await client.call(API.getGraph, { params: { plan: state.plan.id } });
    terminal.print(renderGraph(state.plan, graph, { width }));
    return;
  }
  terminal.print(renderPlan(state.plan, state.tasks, { now: host.now(), width }));
}

export function printSummary(context: Context, state: PlanState): void {
  const { terminal, host } = context;
  const options = { now: host.now(), width: terminal.width };
  terminal.print(renderSummary(state.plan, state.tasks, options));
}
