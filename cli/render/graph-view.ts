import type { Forecast, GraphView, PlanView } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { formatMinutes, formatTokens, formatUsd } from './figures.ts';
import type { Line, Span } from './line.ts';
import { styled } from './line.ts';
import { renderNotices, renderPulls, renderWaiting } from './plan-parts.ts';
import { joinSections, renderHead, sizeText } from './plan-view.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';
import { wrap } from './text.ts';

const COLUMNS: readonly Column[] = [
  { header: '', max: 40, shrinks: true, min: 14 },
  { header: '', max: 44, shrinks: true, min: 12 },
  { header: '', align: 'right' },
  { header: '' },
  { header: '', max: 60, shrinks: true, min: 20 },
];
const LABEL = 12;

type GraphOptions = { readonly width: number };

/** A plan before it runs, for the person who approves it: verdict, waves, scopes, forecast, commands. */
export function renderGraph(plan: PlanView, graph: GraphView, options: GraphOptions): Line[] {
  return joinSections([
    renderHead(plan, options),
    [...factLines('prompt', plan.prompt, options, 4), ...verdictLines(plan, options)],
    waveLines(graph, options),
    [...forecastLines(graph.forecast, options), ...orderLines(graph, options)],
    setupLines(plan, options),
    renderNotices(plan.notices, options),
    renderWaiting(plan, [], options),
    renderPulls(plan, options.width),
  ]);
}

function factLines(label: string, text: string, options: GraphOptions, most = 8): Line[] {
  if (text.trim() === '') return [];
  const all = wrap(text.trim(), options.width - LABEL);
  const shown = all.length > most ? [...all.slice(0, most - 1), '…'] : all;
  return shown.map((line, index) => [
    styled('dim', (index === 0 ? label : '').padEnd(LABEL)),
    line,
  ]);
}

function verdictLines(plan: PlanView, options: GraphOptions): Line[] {
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
    ...factLines('verdict', `${head}${reasoning}`, options, 5),
    ...factLines('suggestion', verdict.suggestion, options, 3),
  ];
}

function waveLines(graph: GraphView, options: GraphOptions): Line[] {
  const byId = new Map(graph.tasks.map((task) => [task.id, task]));
  const waits = dependencies(graph);
  const waves = graph.forecast.waves.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  const placed = new Set(waves.flat().map((task) => task.id));
  const rest = graph.tasks.filter((task) => !placed.has(task.id));
  const groups = rest.length === 0 ? waves : [...waves, rest];
  const rows = groups.flat().map((task) => specCells(task, waits.get(task.id) ?? []));
  const lines = renderTable(COLUMNS, rows, options.width, '  ');
  let next = 0;
  return groups.flatMap((group, index): Line[] => {
    const own = lines.slice(next, next + group.length);
    next += group.length;
    const agents = group.length > 1 ? ` · ${group.length} at once` : '';
    const head: Line = [styled('dim', `wave ${index + 1}${agents}`)];
    return [head, ...own];
  });
}

function dependencies(graph: GraphView): Map<string, string[]> {
  const waits = new Map(graph.tasks.map((task) => [task.id, new Set(task.dependsOn)]));
  for (const edge of graph.edges) waits.get(edge.to)?.add(edge.from);
  return new Map([...waits].map(([id, ids]) => [id, [...ids]]));
}

function specCells(task: TaskSpec, waits: readonly string[]): Span[] {
  const title = task.title === '' ? (task.description.split('\n')[0] ?? '') : task.title;
  const after = waits.length === 0 ? [] : [`after ${waits.join(', ')}`];
  const scope = task.scope.length === 0 ? [] : [task.scope.join(' ')];
  return [
    task.id,
    title,
    styled('dim', formatMinutes(task.estimate)),
    styled('dim', task.tier === 'auto' ? '' : task.tier),
    styled('dim', [...after, ...scope].join(' · ')),
  ];
}

function forecastLines(forecast: Forecast, options: GraphOptions): Line[] {
  const size = sizeText(forecast.tasks, forecast.waves.length);
  const time = `about ${formatMinutes(forecast.makespanMinutes)} with ${forecast.slots} at once`;
  const tokens =
    forecast.tokens === null ? 'tokens unknown' : `${formatTokens(forecast.tokens)} tokens`;
  const cost = forecast.usd === null ? 'cost unknown' : formatUsd(forecast.usd);
  const path = `${forecast.criticalPath.join(' → ')} (${formatMinutes(forecast.criticalPathMinutes)})`;
  return [
    ...factLines('forecast', [size, time, tokens, cost].join(' · '), options),
    ...(forecast.tasks > 1 ? factLines('longest', path, options, 3) : []),
  ];
}

const MAX_PAIRS = 8;

function orderLines(graph: GraphView, options: GraphOptions): Line[] {
  const added = graph.edges
    .filter((edge) => edge.reason === 'overlap')
    .map(
      (edge) => `${edge.to} after ${edge.from}${edge.note === undefined ? '' : `: ${edge.note}`}`,
    );
  const shared = graph.forecast.overlaps.map(
    (overlap) => `${overlap.a} and ${overlap.b}: ${overlap.paths.join(', ')}`,
  );
  return [...pairLines('ordered', added, options), ...pairLines('share', shared, options)];
}

function pairLines(label: string, pairs: readonly string[], options: GraphOptions): Line[] {
  const more = pairs.length - MAX_PAIRS;
  const shown = pairs.slice(0, MAX_PAIRS);
  if (more > 0) shown.push(`… and ${more} more`);
  return factLines(label, shown.join('\n'), options, MAX_PAIRS * 2);
}

function setupLines(plan: PlanView, options: GraphOptions): Line[] {
  return plan.setup.flatMap((each) => {
    const where = plan.setup.length > 1 ? `${each.repo}: ` : '';
    const setup = commandsText(each.setup);
    const verify = commandsText(each.verify);
    return [
      ...factLines('set-up', setup === '' ? '' : `${where}${setup}`, options),
      ...factLines('verify', `${where}${verify === '' ? 'nothing known' : verify}`, options),
      ...factLines('found', each.found, options, 3),
    ];
  });
}

function commandsText(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.join(' ')).join('; ');
}
