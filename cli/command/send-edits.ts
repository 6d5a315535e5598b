import { API } from '../../core/contract/api.ts';
import type { Edit, GraphView } from '../../core/contract/plan.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { numberOption } from '../command.ts';
import { renderGraph } from '../render/graph-view.ts';
import { styled } from '../render/line.ts';
import { readGraph } from './plan-read.ts';
import { planOf } from './plan-word.ts';

export const EDIT_OPTIONS = {
  revision: { type: 'string', value: 'N', help: 'only if this is still the newest revision' },
  note: { type: 'string', value: 'TEXT', help: 'why; kept with the revision' },
} as const;
export type EditValues = { readonly revision?: string; readonly note?: string };

export type EditTarget = {
  readonly client: Client;
  readonly plan: string;
  readonly graph: GraphView;
};

/** The newest graph of a plan, or the revision that was asked for and still must be the newest. */
export async function editTarget(
  context: Context,
  word: string | undefined,
  values: EditValues,
): Promise<EditTarget> {
  const revision = numberOption('revision', values.revision, { min: 1, whole: true });
  const client = await context.client();
  const plan = await planOf(client, word);
  return { client, plan, graph: await readGraph(client, plan, revision) };
}

export function requireTask(target: EditTarget, id: string) {
  const task = target.graph.tasks.find((each) => each.id === id);
  if (task !== undefined) return task;
  const ids = target.graph.tasks.map((each) => each.id);
  const shown = ids.slice(0, 20).join(', ');
  throw usageError(`there is no task "${id}" in ${target.plan}; it has ${shown}`);
}

/** Sends the edits as one revision and shows the graph that came of it. */
export async function sendEdits(
  context: Context,
  target: EditTarget,
  edits: Edit[],
  values: EditValues,
): Promise<ExitCode> {
  const { terminal } = context;
  const params = { plan: target.plan };
  const note = values.note === undefined ? {} : { note: values.note };
  const body = { revision: target.graph.revision, edits, ...note };
  const graph = await target.client.call(API.editPlan, { params, body });
  if (terminal.json) {
    terminal.printJson(graph);
    return EXIT.done;
  }
  const plan = await target.client.call(API.getPlan, { params });
  terminal.print([
    [styled('good', '✓ '), `revision ${graph.revision}`],
    [],
    ...renderGraph(plan, graph, { width: terminal.width }),
  ]);
  return EXIT.done;
}
