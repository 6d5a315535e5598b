import { API } from '../../../core/contract/api.ts';
import type { Edit, GraphView } from '../../../core/contract/plan.ts';
import type { ExitCode } from '../../cli-error.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { parseNumberOption } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { renderGraph } from '../../render/render-graph.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { readGraph } from './plan-read-commands.ts';

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
export async function readEditTarget(
  context: CommandContext,
  word: string | undefined,
  values: EditValues,
): Promise<EditTarget> {
  const revision = parseNumberOption('revision', values.revision, { min: 1, whole: true });
  const client = await context.client();
  const plan = await resolvePlan(client, word);
  return { client, plan, graph: await readGraph(client, plan, revision) };
}

export function requireTask(target: EditTarget, id: string) {
  const task = target.graph.tasks.find((each) => each.id === id);
  if (task !== undefined) return task;
  const ids = target.graph.tasks.map((each) => each.id);
  const shown = ids.slice(0, 20).join(', ');
  throw createUsageError(`there is no task "${id}" in ${target.plan}; it has ${shown}`);
}

/** Sends the edits as one revision and shows the graph that came of it. */
export async function sendEdits(
  context: CommandContext,
  target: EditTarget,
  edits: Edit[],
  values: EditValues,
): Promise<ExitCode> {
  const { terminal } = context;
  const params = { plan: target.plan };
  const note = values.note === undefined ? {} : { note: values.note };
  const body = { revision: target.graph.revision, edits, ...note };
  const graph = await target.client.call(API.editPlan, { params, body });
  if (terminal.isJson) {
    terminal.printJson(graph);
    return EXIT.done;
  }
  const plan = await target.client.call(API.getPlan, { params });
  terminal.printLines([
    [styleSpan('good', '✓ '), `revision ${graph.revision}`],
    [],
    ...renderGraph(plan, graph, { width: terminal.width }),
  ]);
  return EXIT.done;
}
