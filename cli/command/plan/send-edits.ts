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
  revision: { type: 'string', value: 'N', help: 'fail unless this is the newest revision' },
  note: { type: 'string', value: 'TEXT', help: 'reason of the change, stored with the revision' },
} as const;
/** Values of EDIT_OPTIONS. */
export type EditValues = { readonly revision?: string; readonly note?: string };

const MAX_LISTED_TASKS = 20;

/** The plan to edit, with the graph that the edits apply to. */
export type EditTarget = {
  readonly client: Client;
  readonly plan: string;
  readonly graph: GraphView;
};

/**
 * Reads the graph, sends the edits that `createEdits` makes from it, and prints the new revision. The graph is the newest
 * revision, or the revision that --revision names; the server rejects edits of an older revision.
 */
export async function editPlan(
  context: CommandContext,
  planArgument: string | undefined,
  values: EditValues,
  createEdits: (target: EditTarget) => Edit[] | Promise<Edit[]>,
): Promise<ExitCode> {
  const target = await readEditTarget(context, planArgument, values);
  return sendEdits(context, target, await createEdits(target), values);
}

async function readEditTarget(
  context: CommandContext,
  planArgument: string | undefined,
  values: EditValues,
): Promise<EditTarget> {
  const revision = parseNumberOption('revision', values.revision, { min: 1, whole: true });
  const client = await context.client();
  const plan = await resolvePlan(client, planArgument);
  return { client, plan, graph: await readGraph(client, plan, revision) };
}

/**
 * Returns a task of the graph.
 *
 * @throws CliError with exit code `usage` and a list of the tasks if the graph has no such task
 */
export function requireTask(target: EditTarget, id: string) {
  const task = target.graph.tasks.find((candidate) => candidate.id === id);
  if (task !== undefined) return task;
  const ids = target.graph.tasks.map((candidate) => candidate.id);
  const hiddenCount = ids.length - MAX_LISTED_TASKS;
  const listedIds = ids.slice(0, MAX_LISTED_TASKS).join(', ');
  const more = hiddenCount > 0 ? ` and ${hiddenCount} more` : '';
  throw createUsageError(
    `plan ${target.plan} has no task "${id}"; its tasks are ${listedIds}${more}`,
    `\`smol-gang plan show ${target.plan}\` shows the tasks`,
  );
}

async function sendEdits(
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
    [styleSpan('good', '✓ '), `created revision ${graph.revision}`],
    [],
    ...renderGraph(plan, graph, { now: context.host.now(), width: terminal.width }),
  ]);
  return EXIT.done;
}
