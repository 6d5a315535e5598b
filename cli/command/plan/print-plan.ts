import { API } from '../../../core/contract/api.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { renderGraph } from '../../render/render-graph.ts';
import { renderPlan } from '../../render/render-plan.ts';
import { renderSummary } from '../../render/render-summary.ts';
import type { PlanSnapshot } from '../../watch/follow-plan.ts';

/** Prints the graph of a plan that awaits approval, and the tasks of any other plan. */
export async function printPlan(
  context: CommandContext,
  client: Client,
  state: PlanSnapshot,
): Promise<void> {
  const { terminal, host } = context;
  const width = terminal.width;
  if (state.plan.status === 'pending_approval') {
    const graph = await client.call(API.getGraph, { params: { plan: state.plan.id } });
    terminal.printLines(renderGraph(state.plan, graph, { now: host.now(), width }));
    return;
  }
  terminal.printLines(renderPlan(state.plan, state.tasks, { now: host.now(), width }));
}

/** Prints times, tokens and cost of a plan. */
export function printSummary(context: CommandContext, state: PlanSnapshot): void {
  const { terminal, host } = context;
  const options = { now: host.now(), width: terminal.width };
  terminal.printLines(renderSummary(state.plan, state.tasks, options));
}
