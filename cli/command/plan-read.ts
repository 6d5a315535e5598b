import { stringify } from 'yaml';
import { API } from '../../core/contract/api.ts';
import type { GraphView } from '../../core/contract/plan.ts';
import { PLAN_STATUSES } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { EXIT } from '../cli-error.ts';
import type { Client } from '../client.ts';
import { readAll } from '../client.ts';
import { choiceOption, defineCommand, numberOption } from '../command.ts';
import { graphDiff } from '../graph-diff.ts';
import { renderEdits } from '../render/edit-list.ts';
import { renderGraph } from '../render/graph-view.ts';
import { styled } from '../render/line.ts';
import { renderPlanList } from '../render/plan-list.ts';
import { renderPlan } from '../render/plan-view.ts';
import { planOf } from './plan-word.ts';

export const planList = defineCommand({
  name: 'plan list',
  summary: 'plans, newest first',
  usage: '[--status STATUS] [--limit N]',
  words: { min: 0, max: 0 },
  options: {
    status: { type: 'string', value: 'STATUS', help: PLAN_STATUSES.join(', ') },
    limit: { type: 'string', value: 'N', help: 'how many; default 20' },
  },
  async run({ terminal, host, client }, _words, values) {
    const status = choiceOption('status', values.status, PLAN_STATUSES);
    const limit = numberOption('limit', values.limit, { min: 1, whole: true }) ?? 20;
    const api = await client();
    const found = await readAll(
      (cursor) =>
        api.call(API.listPlans, { query: { status, limit: Math.min(200, limit), cursor } }),
      limit,
    );
    const items = found.slice(0, limit);
    if (terminal.json) terminal.printJson({ items });
    else terminal.print(renderPlanList(items, { now: host.now(), width: terminal.width }));
    return EXIT.done;
  },
});

export const planShow = defineCommand({
  name: 'plan show',
  summary: 'the graph of a plan: verdict, waves, scopes, forecast',
  usage: 'PLAN [--revision N] [--yaml]',
  words: { min: 1, max: 1 },
  options: {
    revision: { type: 'string', value: 'N', help: 'an older revision; default: the newest' },
    yaml: { type: 'boolean', help: 'as a graph file: edit it, then `run --plan` or `plan edit`' },
  },
  async run({ terminal, host, client }, [word], values) {
    const api = await client();
    const id = await planOf(api, word);
    const revision = numberOption('revision', values.revision, { min: 1, whole: true });
    const plan = await api.call(API.getPlan, { params: { plan: id } });
    if (plan.revision === 0 && !terminal.json) {
      terminal.print(renderPlan(plan, [], { now: host.now(), width: terminal.width }));
      return EXIT.done;
    }
    const graph = await readGraph(api, id, revision);
    if (terminal.json) terminal.printJson({ plan, graph });
    else if (values.yaml === true) terminal.printRaw(graphYaml(plan, graph.tasks));
    else terminal.print(renderGraph(plan, graph, { width: terminal.width }));
    return EXIT.done;
  },
});

export const planDiff = defineCommand({
  name: 'plan diff',
  summary: 'what an edit changed: two revisions of a graph',
  usage: 'PLAN [FROM] [TO]',
  words: { min: 1, max: 3 },
  options: {},
  details: 'Default: the newest revision against the one before it.',
  async run({ terminal, client }, [word, from, to]) {
    const bounds = { min: 1, whole: true };
    const earlier = numberOption('FROM', from, bounds);
    const api = await client();
    const id = await planOf(api, word);
    const after = await readGraph(api, id, numberOption('TO', to, bounds));
    const before = await readGraph(api, id, earlier ?? Math.max(1, after.revision - 1));
    const edits = graphDiff(before.tasks, after.tasks);
    if (terminal.json) {
      terminal.printJson({ from: before.revision, to: after.revision, edits });
      return EXIT.done;
    }
    const note = after.note === '' ? '' : `: ${after.note}`;
    terminal.print([
      [styled('dim', `revision ${before.revision} → ${after.revision}, by ${after.by}${note}`)],
      ...renderEdits(edits, terminal.width),
    ]);
    return EXIT.done;
  },
});

export function readGraph(client: Client, plan: string, revision?: number): Promise<GraphView> {
  const query = revision === undefined ? {} : { revision };
  return client.call(API.getGraph, { params: { plan }, query });
}

/** As `run --plan` reads it; what has its default is left out. */
export function graphYaml(
  plan: { readonly title: string; readonly prompt: string },
  tasks: readonly TaskSpec[],
): string {
  const short = tasks.map((task) => {
    const isDefault: Partial<Record<keyof TaskSpec, boolean>> = {
      title: task.title === '',
      dependsOn: task.dependsOn.length === 0,
      scope: task.scope.length === 0,
      criteria: task.criteria.length === 0,
      tier: task.tier === 'auto',
      repo: task.repo === '',
      limits: Object.keys(task.limits).length === 0,
      interactive: !task.interactive,
    };
    const entries = Object.entries(task);
    return Object.fromEntries(entries.filter(([name]) => !isDefaultField(isDefault, name)));
  });
  const prompt = plan.prompt === '' ? {} : { prompt: plan.prompt };
  return stringify({ title: plan.title, ...prompt, tasks: short }, { lineWidth: 100 });
}

function isDefaultField(
  flags: Readonly<Record<string, boolean | undefined>>,
  name: string,
): boolean {
  return flags[name] === true;
}
