import type { Forecast, GraphView, PlanView } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { formatMinutes, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { wrapText } from './layout/text.ts';
import { renderConditions, renderPulls, renderWaiting } from './plan-parts.ts';
import { formatSize, joinSections, renderHead } from './render-plan.ts';

const COLUMNS: readonly Column[] = [
  { header: '', max: 40, shrinks: true, min: 14 },
  { header: '', max: 44, shrinks: true, min: 12 },
  { header: '', align: 'right' },
  { header: '' },
  { header: '', max: 60, shrinks: true, min: 20 },
];
const LABEL_WIDTH = 12;

type GraphOptions = { readonly width: number };

/** A plan before it runs, for the person who approves it: verdict, waves, scopes, forecast, commands. */
export function renderGraph(plan: PlanView, graph: GraphView, options: GraphOptions): Line[] {
  return joinSections([
    renderHead(plan, options),
    [...renderFact('prompt', plan.prompt, options, 4), ...renderVerdict(plan, options)],
    renderWaves(graph, options),
    [...renderForecast(graph.forecast, options), ...renderOrdering(graph, options)],
    renderSetup(plan, options),
    renderConditions(plan, options),
    renderWaiting(plan, [], options),
    renderPulls(plan, options.width),
  ]);
}

function renderFact(label: string, text: string, options: GraphOptions, most = 8): Line[] {
  if (text.trim() === '') return [];
  const all = wrapText(text.trim(), options.width - LABEL_WIDTH);
  const shown = all.length > most ? [...all.slice(0, most - 1), '…'] : all;
  return shown.map((line, index) => [
    styleSpan('dim', (index === 0 ? label : '').padEnd(LABEL_WIDTH)),
    line,
  ]);
}

function renderVerdict(plan: PlanView, options: GraphOptions): Line[] {
  const verdict = plan.verdict;
  if (verdict === undefined) return [];
  const says: Readonly<Record<typeof verdict.source, string>> = {
    model: `the planner is ${Math.round(verdict.confidence * 100)}% sure`,
    person: 'as asked for',
    graph: 'the graph was given',
  };
  const head = `${verdict.complexity}, ${says[verdict.source]}`;
  const isSaid = verdict.source === 'model' && verdict.reasoning !== '';
  const reasoning = isSaid ? `: ${verdict.reasoning}` : '';
  return [
    ...renderFact('verdict', `${head}${reasoning}`, options, 5),
    ...renderFact('suggestion', verdict.suggestion, options, 3),
  ];
}

function renderWaves(graph: GraphView, options: GraphOptions): Line[] {
  const byId = new Map(graph.tasks.map((task) => [task.id, task]));
  const waits = collectDependencies(graph);
  const waves = graph.forecast.waves.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  const placed = new Set(waves.flat().map((task) => task.id));
  const rest = graph.tasks.filter((task) => !placed.has(task.id));
  const groups = rest.length === 0 ? waves : [...waves, rest];
  const rows = groups.flat().map((task) => renderSpecCells(task, waits.get(task.id) ?? []));
  const lines = renderTable(COLUMNS, rows, options.width, '  ');
  let next = 0;
  return groups.flatMap((group, index): Line[] => {
    const own = lines.slice(next, next + group.length);
    next += group.length;
    const agents = group.length > 1 ? ` · ${group.length} at once` : '';
    const head: Line = [styleSpan('dim', `wave ${index + 1}${agents}`)];
    return [head, ...own];
  });
}

function collectDependencies(graph: GraphView): Map<string, string[]> {
  const waits = new Map(graph.tasks.map((task) => [task.id, new Set(task.dependsOn)]));
  for (const edge of graph.edges) waits.get(edge.to)?.add(edge.from);
  return new Map([...waits].map(([id, ids]) => [id, [...ids]]));
}

function renderSpecCells(task: TaskSpec, waits: readonly string[]): Span[] {
  const title = task.title === '' ? (task.description.split('\n')[0] ?? '') : task.title;
  const after = waits.length === 0 ? [] : [`after ${waits.join(', ')}`];
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
  const size = formatSize(forecast.tasks, forecast.waves.length);
  const time = `about ${formatMinutes(forecast.makespanMinutes)} with ${forecast.slots} at once`;
  const tokens =
    forecast.tokens === null ? 'tokens unknown' : `${formatTokens(forecast.tokens)} tokens`;
  const cost = forecast.usd === null ? 'cost unknown' : formatUsd(forecast.usd);
  const path = `${forecast.criticalPath.join(' → ')} (${formatMinutes(forecast.criticalPathMinutes)})`;
  return [
    ...renderFact('forecast', [size, time, tokens, cost].join(' · '), options),
    ...(forecast.tasks > 1 ? renderFact('longest', path, options, 3) : []),
  ];
}

const MAX_PAIRS = 8;

function renderOrdering(graph: GraphView, options: GraphOptions): Line[] {
  const added = graph.edges
    .filter((edge) => edge.reason === 'overlap')
    .map(
      (edge) => `${edge.to} after ${edge.from}${edge.note === undefined ? '' : `: ${edge.note}`}`,
    );
  const shared = graph.forecast.overlaps.map(
    (overlap) => `${overlap.a} and ${overlap.b}: ${overlap.paths.join(', ')}`,
  );
  return [...renderPairs('ordered', added, options), ...renderPairs('share', shared, options)];
}

function renderPairs(label: string, pairs: readonly string[], options: GraphOptions): Line[] {
  const more = pairs.length - MAX_PAIRS;
  const shown = pairs.slice(0, MAX_PAIRS);
  if (more > 0) shown.push(`… and ${more} more`);
  return renderFact(label, shown.join('\n'), options, MAX_PAIRS * 2);
}

function renderSetup(plan: PlanView, options: GraphOptions): Line[] {
  return plan.setup.flatMap((each) => {
    const where = plan.setup.length > 1 ? `${each.repo}: ` : '';
    const setup = formatCommands(each.setup);
    const verify = formatCommands(each.verify);
    return [
      ...renderFact('set-up', setup === '' ? '' : `${where}${setup}`, options),
      ...renderFact('verify', `${where}${verify === '' ? 'nothing known' : verify}`, options),
      ...renderFact('found', each.found, options, 3),
    ];
  });
}

function formatCommands(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.join(' ')).join('; ');
}
