import type { Forecast, GraphView, PlanView } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import {
  formatCost,
  formatCount,
  formatGraphSize,
  formatMinutes,
  formatTokens,
} from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { joinSections, styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { wrapText } from './layout/text.ts';
import { renderBase, renderConditions, renderPulls, renderWaiting } from './plan-parts.ts';
import { renderHead } from './render-plan.ts';

/** Columns: task id, title, estimate, tier, dependencies with scope. */
const COLUMNS: readonly Column[] = [
  { header: '', maxWidth: 40, shrinks: true, minWidth: 14 },
  { header: '', maxWidth: 44, shrinks: true, minWidth: 12 },
  { header: '', align: 'right' },
  { header: '' },
  { header: '', maxWidth: 60, shrinks: true, minWidth: 20 },
];
const LABEL_WIDTH = 15;

type GraphOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Columns. */
  readonly width: number;
};

/** Renders the graph of a plan for approval: verdict, waves, scopes, forecast, conditions and commands. */
export function renderGraph(plan: PlanView, graph: GraphView, options: GraphOptions): Line[] {
  return joinSections([
    renderHead(plan, options),
    [...renderFact('prompt', plan.prompt, options, 4), ...renderVerdict(plan, options)],
    renderWaves(graph, options),
    [...renderForecast(graph.forecast, options), ...renderOrdering(graph, options)],
    [...renderSetup(plan, options), ...renderBase(plan)],
    renderConditions(plan, options),
    renderWaiting(plan, [], options),
    renderPulls(plan, options.width),
  ]);
}

function renderFact(label: string, text: string, options: GraphOptions, maxLines = 8): Line[] {
  if (text.trim() === '') return [];
  const allLines = wrapText(text.trim(), options.width - LABEL_WIDTH);
  const visibleLines =
    allLines.length > maxLines ? [...allLines.slice(0, maxLines - 1), '…'] : allLines;
  return visibleLines.map((line, index) => [
    styleSpan('dim', (index === 0 ? label : '').padEnd(LABEL_WIDTH)),
    line,
  ]);
}

function renderVerdict(plan: PlanView, options: GraphOptions): Line[] {
  const verdict = plan.verdict;
  if (verdict === undefined) return [];
  const sourceTexts: Readonly<Record<typeof verdict.source, string>> = {
    model: `the planner is ${Math.round(verdict.confidence * 100)}% sure`,
    person: 'as requested',
    graph: 'as the given graph says',
  };
  const head = `${verdict.complexity}, ${sourceTexts[verdict.source]}`;
  const hasReasoning = verdict.source === 'model' && verdict.reasoning !== '';
  const reasoning = hasReasoning ? `: ${verdict.reasoning}` : '';
  return [
    ...renderFact('verdict', `${head}${reasoning}`, options, 5),
    ...renderFact('suggestion', verdict.suggestion, options, 3),
  ];
}

function renderWaves(graph: GraphView, options: GraphOptions): Line[] {
  const tasksById = new Map(graph.tasks.map((task) => [task.id, task]));
  const dependencies = collectDependencies(graph);
  const waves = graph.forecast.waves.map((ids) => ids.flatMap((id) => tasksById.get(id) ?? []));
  const idsInWaves = new Set(waves.flat().map((task) => task.id));
  // A submitted graph has no waves until the planner adds the forecast. Its tasks are then shown as a single wave.
  const otherTasks = graph.tasks.filter((task) => !idsInWaves.has(task.id));
  const groups = otherTasks.length === 0 ? waves : [...waves, otherTasks];
  const rows = groups.flat().map((task) => renderSpecCells(task, dependencies.get(task.id) ?? []));
  const lines = renderTable(COLUMNS, rows, options.width, '  ');
  let offset = 0;
  return groups.flatMap((group, index): Line[] => {
    const groupLines = lines.slice(offset, offset + group.length);
    offset += group.length;
    const parallelNote = group.length > 1 ? ` · ${group.length} tasks at once` : '';
    const head: Line = [styleSpan('dim', `wave ${index + 1}${parallelNote}`)];
    return [head, ...groupLines];
  });
}

function collectDependencies(graph: GraphView): Map<string, string[]> {
  const idsByTask = new Map(graph.tasks.map((task) => [task.id, new Set(task.dependsOn)]));
  for (const edge of graph.edges) idsByTask.get(edge.to)?.add(edge.from);
  return new Map([...idsByTask].map(([task, ids]) => [task, [...ids]]));
}

function renderSpecCells(task: TaskSpec, dependencies: readonly string[]): Span[] {
  const title = task.title === '' ? (task.description.split('\n')[0] ?? '') : task.title;
  const after = dependencies.length === 0 ? [] : [`after ${dependencies.join(', ')}`];
  const scope = task.scope.length === 0 ? [] : [task.scope.join(' ')];
  return [
    task.id,
    title,
    styleSpan('dim', formatMinutes(task.estimate)),
    styleSpan('dim', task.tier === 'auto' ? '' : task.tier),
    styleSpan('dim', [...after, ...scope].join(' · ')),
  ];
}

function renderForecast(forecast: Forecast, options: GraphOptions): Line[] {
  const size = formatGraphSize(forecast.tasks, forecast.waves.length);
  const time = `about ${formatMinutes(forecast.makespanMinutes)} with ${formatCount(forecast.slots, 'agent')} at once`;
  const tokens =
    forecast.tokens === null ? 'tokens unknown' : `${formatTokens(forecast.tokens)} tokens`;
  const cost = formatCost(forecast.usd);
  const path = `${forecast.criticalPath.join(' → ')} (${formatMinutes(forecast.criticalPathMinutes)})`;
  return [
    ...renderFact('forecast', [size, time, tokens, cost].join(' · '), options),
    ...(forecast.tasks > 1 ? renderFact('critical path', path, options, 3) : []),
  ];
}

const MAX_LISTED_PAIRS = 8;

/** Renders the edges that were added because scopes overlap, and the shared paths that several tasks may change. */
function renderOrdering(graph: GraphView, options: GraphOptions): Line[] {
  const addedEdges = graph.edges
    .filter((edge) => edge.reason === 'overlap')
    .map(
      (edge) => `${edge.to} after ${edge.from}${edge.note === undefined ? '' : `: ${edge.note}`}`,
    );
  const sharedPaths = graph.forecast.overlaps.map(
    (overlap) => `${overlap.a} and ${overlap.b}: ${overlap.paths.join(', ')}`,
  );
  return [
    ...renderPairs('added order', addedEdges, options),
    ...renderPairs('shared paths', sharedPaths, options),
  ];
}

function renderPairs(label: string, pairs: readonly string[], options: GraphOptions): Line[] {
  const hiddenCount = pairs.length - MAX_LISTED_PAIRS;
  const visiblePairs = pairs.slice(0, MAX_LISTED_PAIRS);
  if (hiddenCount > 0) visiblePairs.push(`… and ${hiddenCount} more`);
  return renderFact(label, visiblePairs.join('\n'), options, MAX_LISTED_PAIRS * 2);
}

function renderSetup(plan: PlanView, options: GraphOptions): Line[] {
  return plan.setup.flatMap((repository) => {
    const repositoryPrefix = plan.setup.length > 1 ? `${repository.repo}: ` : '';
    const setup = formatCommands(repository.setup);
    const verify = formatCommands(repository.verify);
    return [
      ...renderFact('set-up', setup === '' ? '' : `${repositoryPrefix}${setup}`, options),
      ...renderFact(
        'verify',
        `${repositoryPrefix}${verify === '' ? 'no command is known: results are not verified' : verify}`,
        options,
      ),
      ...renderFact('detected', repository.found, options, 3),
    ];
  });
}

function formatCommands(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.join(' ')).join('; ');
}
