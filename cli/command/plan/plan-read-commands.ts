import { stringify } from 'yaml';
import { API } from '../../../core/contract/api.ts';
import type { GraphView } from '../../../core/contract/plan.ts';
import { PLAN_STATUSES } from '../../../core/contract/plan-status.ts';
import type { TaskSpec } from '../../../core/contract/task.ts';
import { EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import { readAllPages } from '../../client/client.ts';
import {
  defineCommand,
  parseChoiceOption,
  parseNumberArgument,
  parseNumberOption,
} from '../../define-command.ts';
import { diffGraphs } from '../../graph/diff-graphs.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { renderPulls, renderWaiting } from '../../render/plan-parts.ts';
import { renderEdits } from '../../render/render-edits.ts';
import { renderGraph } from '../../render/render-graph.ts';
import { renderPlan } from '../../render/render-plan.ts';
import { PLAN_COLUMNS, renderPlanCells, renderPlanList } from '../../render/render-plan-list.ts';
import { PATCH_OPTIONS, printPatch } from '../print-patch.ts';
import { resolvePlan } from '../resolve-plan.ts';

export const planListCommand = defineCommand({
  name: 'plan list',
  summary: 'list the plans, the most recently changed first',
  usage: '[--status STATUS] [--limit N]',
  argumentCount: { min: 0, max: 0 },
  options: {
    status: { type: 'string', value: 'STATUS', help: PLAN_STATUSES.join(', ') },
    limit: { type: 'string', value: 'N', help: 'number of plans; default 20' },
  },
  async run({ terminal, host, client }, _args, values) {
    const status = parseChoiceOption('status', values.status, PLAN_STATUSES);
    const limit = parseNumberOption('limit', values.limit, { min: 1, whole: true }) ?? 20;
    const api = await client();
    const items = await readAllPages(
      (cursor) =>
        api.call(API.listPlans, { query: { status, limit: Math.min(200, limit), cursor } }),
      limit,
    );
    if (terminal.isJson) terminal.printJson({ items });
    else if (terminal.isTerminal)
      terminal.printLines(renderPlanList(items, { now: host.now(), width: terminal.width }));
    else
      terminal.printTable(
        PLAN_COLUMNS,
        items.map((plan) => renderPlanCells(plan, host.now(), false)),
      );
    return EXIT.done;
  },
});

export const planShowCommand = defineCommand({
  name: 'plan show',
  summary: 'show the graph of a plan: tasks in waves, scopes, forecast',
  usage: 'PLAN [--revision N] [--yaml]',
  argumentCount: { min: 1, max: 1 },
  options: {
    revision: { type: 'string', value: 'N', help: 'revision; default: the newest' },
    yaml: { type: 'boolean', help: 'print the graph as a file for `smol-gang run --plan`' },
  },
  async run({ terminal, host, client }, [planArgument], values) {
    const api = await client();
    const id = await resolvePlan(api, planArgument);
    const revision = parseNumberOption('revision', values.revision, { min: 1, whole: true });
    const plan = await api.call(API.getPlan, { params: { plan: id } });
    const hasGraph = plan.revision > 0;
    if (!hasGraph && !terminal.isJson) {
      terminal.printLines(renderPlan(plan, [], { now: host.now(), width: terminal.width }));
      return EXIT.done;
    }
    const graph = await readGraph(api, id, revision);
    if (terminal.isJson) terminal.printJson({ plan, graph });
    else if (values.yaml === true) terminal.printRaw(formatGraphYaml(plan, graph.tasks));
    else terminal.printLines(renderGraph(plan, graph, { now: host.now(), width: terminal.width }));
    return EXIT.done;
  },
});

export const planDiffCommand = defineCommand({
  name: 'plan diff',
  summary: 'compare two revisions of a graph',
  usage: 'PLAN [FROM] [TO]',
  argumentCount: { min: 1, max: 3 },
  options: {},
  details: 'Without FROM and TO, compares the newest revision with the previous revision.',
  async run({ terminal, client }, [planArgument, from, to]) {
    const bounds = { min: 1, whole: true };
    const fromRevision = parseNumberArgument('FROM', from, bounds);
    const api = await client();
    const id = await resolvePlan(api, planArgument);
    const after = await readGraph(api, id, parseNumberArgument('TO', to, bounds));
    const before = await readGraph(api, id, fromRevision ?? Math.max(1, after.revision - 1));
    const edits = diffGraphs(before.tasks, after.tasks);
    if (terminal.isJson) {
      terminal.printJson({ from: before.revision, to: after.revision, edits });
      return EXIT.done;
    }
    if (from === undefined && after.revision === 1) {
      terminal.printLines([
        ['Revision 1 is the only revision of the plan: there is nothing to compare.'],
      ]);
      return EXIT.done;
    }
    const note = after.note === '' ? '' : `: ${after.note}`;
    terminal.printLines([
      [styleSpan('dim', `revision ${before.revision} → ${after.revision}, by ${after.by}${note}`)],
      ...renderEdits(edits, terminal.width),
    ]);
    return EXIT.done;
  },
});

export const planResultCommand = defineCommand({
  name: 'plan result',
  summary: 'show the pull requests of a plan, or print its changes as a patch',
  usage: 'PLAN [--patch] [--repo OWNER/NAME]',
  argumentCount: { min: 1, max: 1 },
  options: {
    patch: PATCH_OPTIONS.patch,
    repo: {
      type: 'string',
      value: 'OWNER/NAME',
      help: 'repository of the patch; default: the first of the plan',
    },
  },
  async run(context, [planArgument], values) {
    const { terminal } = context;
    const api = await context.client();
    const params = { plan: await resolvePlan(api, planArgument) };
    if (values.patch === true)
      return printPatch(
        context,
        await api.call(API.planPatch, { params, query: { repo: values.repo } }),
      );
    const plan = await api.call(API.getPlan, { params });
    if (terminal.isJson) terminal.printJson({ pulls: plan.pulls });
    else {
      const lines = [...renderPulls(plan, terminal.width), ...renderWaiting(plan, [], terminal)];
      terminal.printLines(lines.length > 0 ? lines : [['The plan has no pull request yet.']]);
    }
    return EXIT.done;
  },
});

/** Reads the graph of a plan: the given revision, or the newest. */
export function readGraph(client: Client, plan: string, revision?: number): Promise<GraphView> {
  const query = revision === undefined ? {} : { revision };
  return client.call(API.getGraph, { params: { plan }, query });
}

/** Formats a graph file for `run --plan`. Fields with their default value are left out. */
export function formatGraphYaml(
  plan: { readonly title: string; readonly prompt: string },
  tasks: readonly TaskSpec[],
): string {
  const prompt = plan.prompt === '' ? {} : { prompt: plan.prompt };
  return stringify(
    { title: plan.title, ...prompt, tasks: tasks.map(removeDefaults) },
    { lineWidth: 100 },
  );
}

function removeDefaults(task: TaskSpec): Partial<TaskSpec> {
  const usesDefault: Readonly<Record<string, boolean>> = {
    title: task.title === '',
    dependsOn: task.dependsOn.length === 0,
    scope: task.scope.length === 0,
    criteria: task.criteria.length === 0,
    tier: task.tier === 'auto',
    repo: task.repo === '',
    limits: Object.keys(task.limits).length === 0,
    interactive: !task.interactive,
  } satisfies Partial<Record<keyof TaskSpec, boolean>>;
  return Object.fromEntries(Object.entries(task).filter(([name]) => usesDefault[name] !== true));
}
