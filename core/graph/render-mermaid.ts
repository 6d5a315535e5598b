import type { Edge, TaskSpec } from '../contract/task.ts';
import type { TaskStatus } from '../contract/task-status.ts';
import { deriveTaskTitle } from './derive-task-title.ts';
import type { EdgeEnds } from './order/adjacency.ts';
import { computeWaves } from './order/waves.ts';

// The forge's Mermaid renderer rejects more than 500 edges or 50,000 characters. Titles come from models and people, so every
// character besides letters, digits and harmless punctuation is written as a numeric entity, which can end neither a label
// nor the surrounding code block.

const MAX_NODES = 150;
const MAX_EDGES = 450;
const MAX_CHARACTERS = 45_000;
const MAX_LABEL_CHARS = 60;

type FindStatus = (id: string) => TaskStatus;
type DrawnEdge = EdgeEnds & { readonly reason?: string };

const STATUS_COLOURS: Record<TaskStatus, string> = {
  pending: '#eaeef2',
  ready: '#ddf4ff',
  claimed: '#b6e3ff',
  working: '#80ccff',
  awaiting_input: '#fff8c5',
  pr_open: '#d8b9ff',
  in_review: '#d8b9ff',
  changes_requested: '#ffd8b5',
  merging: '#c2e0c6',
  merged: '#4ac26b',
  blocked: '#ffaba8',
  failed: '#ff8182',
  cancelled: '#afb8c1',
};

/**
 * Renders a graph as a Mermaid flowchart, without a code fence. `edges` are dependencies besides the tasks' `dependsOn`; edges
 * with the reason `overlap` are dotted. If the graph is too large for the forge, the flowchart has a box per wave.
 */
export function renderMermaid(
  tasks: readonly TaskSpec[],
  edges: readonly DrawnEdge[],
  findStatus?: FindStatus,
): string {
  const drawnEdges = collectEdges(tasks, edges);
  if (tasks.length <= MAX_NODES && drawnEdges.length <= MAX_EDGES) {
    const text = renderTasks(tasks, drawnEdges, findStatus);
    if (text.length <= MAX_CHARACTERS) return text;
  }
  return renderWaves(tasks, edges, findStatus);
}

function collectEdges(tasks: readonly TaskSpec[], edges: readonly DrawnEdge[]): DrawnEdge[] {
  const ids = new Set(tasks.map((task) => task.id));
  const unique = new Map<string, DrawnEdge>();
  for (const edge of [...listDeclaredEdges(tasks), ...edges]) {
    const key = `${edge.from} ${edge.to}`;
    if (ids.has(edge.from) && ids.has(edge.to) && !unique.has(key)) unique.set(key, edge);
  }
  return [...unique.values()];
}

function listDeclaredEdges(tasks: readonly TaskSpec[]): Edge[] {
  return tasks.flatMap((task) =>
    [...new Set(task.dependsOn)].map((from) => ({
      from,
      to: task.id,
      reason: 'declared' as const,
    })),
  );
}

function renderTasks(
  tasks: readonly TaskSpec[],
  edges: readonly DrawnEdge[],
  findStatus: FindStatus | undefined,
): string {
  const nodeNames = new Map(tasks.map((task, index) => [task.id, `n${index}`]));
  const lines = tasks.map(
    (task) => `${nodeNames.get(task.id)}["${renderLabel(`${task.id}: ${deriveTaskTitle(task)}`)}"]`,
  );
  for (const edge of edges) {
    const arrow = edge.reason === 'overlap' ? '-.->' : '-->';
    lines.push(`${nodeNames.get(edge.from)} ${arrow} ${nodeNames.get(edge.to)}`);
  }
  if (findStatus !== undefined) lines.push(...renderStatuses(tasks, nodeNames, findStatus));
  return renderFlowchart(lines);
}

function renderStatuses(
  tasks: readonly TaskSpec[],
  nodeNames: ReadonlyMap<string, string>,
  findStatus: FindStatus,
): string[] {
  const nodesByStatus = new Map<TaskStatus, string[]>();
  for (const task of tasks) {
    const status = findStatus(task.id);
    const nodes = nodesByStatus.get(status) ?? [];
    nodesByStatus.set(status, [...nodes, nodeNames.get(task.id) ?? '']);
  }
  return [...nodesByStatus].flatMap(([status, nodes]) => [
    `classDef ${status} fill:${STATUS_COLOURS[status]},color:#1f2328`,
    `class ${nodes.join(',')} ${status}`,
  ]);
}

function renderWaves(
  tasks: readonly TaskSpec[],
  edges: readonly DrawnEdge[],
  findStatus: FindStatus | undefined,
): string {
  const waves = computeWaves(tasks, edges);
  const waveCount = Math.max(...waves.values());
  const wavesPerBox = Math.ceil(waveCount / MAX_NODES);
  const boxes: TaskSpec[][] = Array.from({ length: Math.ceil(waveCount / wavesPerBox) }, () => []);
  for (const task of tasks) {
    boxes[Math.floor(((waves.get(task.id) ?? 1) - 1) / wavesPerBox)]?.push(task);
  }
  const lines = boxes.map((boxTasks, index) => {
    const first = index * wavesPerBox + 1;
    const last = Math.min(waveCount, first + wavesPerBox - 1);
    const name = first === last ? `wave ${first}` : `waves ${first} to ${last}`;
    return `w${index}["${name}: ${describeTaskCount(boxTasks, findStatus)}"]`;
  });
  for (let index = 1; index < boxes.length; index++) lines.push(`w${index - 1} --> w${index}`);
  return renderFlowchart(lines);
}

function describeTaskCount(tasks: readonly TaskSpec[], findStatus: FindStatus | undefined): string {
  const total = `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`;
  if (findStatus === undefined) return total;
  const merged = tasks.filter((task) => findStatus(task.id) === 'merged').length;
  return `${total}, ${merged} merged`;
}

function renderFlowchart(lines: readonly string[]): string {
  return ['flowchart LR', ...lines.map((line) => `  ${line}`)].join('\n');
}

function renderLabel(text: string): string {
  const characters = Array.from(text.replace(/[\s\p{C}]+/gu, ' ').trim());
  const isLong = characters.length > MAX_LABEL_CHARS;
  const shown = isLong ? [...characters.slice(0, MAX_LABEL_CHARS - 1), '…'] : characters;
  return shown.map(escapeCharacter).join('');
}

function escapeCharacter(character: string, index: number, characters: readonly string[]): string {
  const isHarmless = /[\p{L}\p{M}\p{N} _,:/…-]/u.test(character);
  // A dot stays only before a letter or digit, because Mermaid rejects "1. x" as a list.
  const isInnerDot = character === '.' && /[\p{L}\p{N}]/u.test(characters[index + 1] ?? '');
  return isHarmless || isInnerDot ? character : `#${character.codePointAt(0) ?? 0xfffd};`;
}
