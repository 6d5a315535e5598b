import type { Evidence, TaskStatus, Usage } from '../contract/task.ts';
import { assembleBody } from './assemble-body.ts';
import { formatInlineCode, neutraliseCell, neutraliseMarkdown } from './neutralise.ts';
import { PLATFORM_LABEL } from './platform-label.ts';
import type { FlaggedPath, LeftOutPath, PullSection } from './pull-section.ts';
import {
  createEvidenceSection,
  createFlaggedSection,
  createLeftOutSection,
  formatCount,
  formatDuration,
  formatUsage,
  formatUsd,
  renderBulletList,
} from './pull-section.ts';
import type { PullText } from './render-task-pull.ts';
import { DEFAULT_ROOT_TITLE, renderTitle } from './render-title.ts';

export type RootPullTask = {
  readonly id: string;
  readonly title: string;
  readonly wave: number;
  readonly status: TaskStatus;
  readonly pull?: number;
  readonly usage: Usage;
  readonly durationMs?: number;
};
export type RootPullInput = {
  readonly plan: {
    readonly id: string;
    readonly title: string;
    readonly prompt: string;
    readonly summary?: string;
  };
  /** Of this repository, in the order in which they are shown. */
  readonly tasks: readonly RootPullTask[];
  /** A Mermaid flowchart without its fence; too large a one is left out. */
  readonly mermaid: string;
  readonly evidence?: Evidence;
  readonly leftOut: readonly LeftOutPath[];
  readonly flagged: readonly FlaggedPath[];
  /** Of the whole plan, planning included. */
  readonly usage: Usage;
  readonly durationMs?: number;
  /** How long the longest chain of tasks took. */
  readonly criticalPathMs?: number;
  readonly ready: boolean;
  /** The forge refuses drafts: the title and the first line say that it is not ready. */
  readonly markNotReady: boolean;
  /** The plan's root pull requests in other repositories. */
  readonly siblings: readonly { readonly repo: string; readonly url?: string }[];
  readonly titlePattern?: string;
  readonly template?: string;
};

const MAX_ROWS = 120;
const MAX_MERMAID_CHARS = 22_000;

/** Title, description and labels of a root pull request. */
export function renderRootPull(input: RootPullInput): PullText {
  const { plan } = input;
  const title = renderTitle(input.titlePattern ?? DEFAULT_ROOT_TITLE, {
    task: 'root',
    title: plan.title,
    plan: plan.id,
  });
  const isMarked = input.markNotReady && !input.ready;
  return {
    title: isMarked ? `[not ready] ${title}` : title,
    body: assembleBody({
      intro: renderIntro(input),
      sections: createSections(input),
      footer: `Plan ${formatInlineCode(plan.id, 40)}. Written by coding agents for smol-gang; a person merges it.`,
      template: input.template,
    }),
    labels: [PLATFORM_LABEL, 'auto-generated'],
  };
}

function renderIntro({ tasks, ready }: RootPullInput): string {
  const merged = tasks.filter(({ status }) => status === 'merged').length;
  const progress = `${merged} of ${tasks.length} tasks are merged`;
  if (ready) return `**Ready for review.** ${progress}, and the whole is verified.`;
  return `**Not ready yet**: do not merge. ${progress}.`;
}

function createSections(input: RootPullInput): PullSection[] {
  const { plan } = input;
  const summary = neutraliseMarkdown(plan.summary ?? '', 3_000);
  return [
    { key: 'task', heading: 'Request', text: neutraliseMarkdown(plan.prompt, 5_000), weight: 9 },
    { key: 'done', heading: 'Approach', text: summary, weight: 5 },
    { key: 'table', heading: 'Tasks', text: renderTable(input.tasks), weight: 4 },
    { key: 'graph', heading: 'Plan', text: renderGraph(input.mermaid), weight: 1 },
    createEvidenceSection(input.evidence),
    createFlaggedSection(input.flagged),
    createLeftOutSection(input.leftOut),
    { key: 'links', heading: 'Belongs together with', text: renderSiblings(input), weight: 3 },
    { key: 'usage', heading: 'Used', text: renderUsage(input), weight: 2 },
  ];
}

function renderTable(tasks: readonly RootPullTask[]): string {
  if (tasks.length === 0) return '';
  const rows = tasks.slice(0, MAX_ROWS).map(renderRow);
  const more = tasks.length - rows.length;
  const head =
    '| Task | Wave | Status | Pull request | Tokens | Cost | Time |\n|---|---|---|---|---|---|---|';
  const table = [head, ...rows].join('\n');
  return more > 0 ? `${table}\n\n… and ${more} more tasks.` : table;
}

function renderRow(task: RootPullTask): string {
  const { usage } = task;
  const cells = [
    `${formatInlineCode(task.id, 60)} ${neutraliseCell(task.title, 80)}`.trim(),
    String(task.wave),
    task.status.replaceAll('_', ' '),
    task.pull === undefined ? '' : `#${task.pull}`,
    formatCount(usage.inputTokens + usage.outputTokens),
    usage.usd === null ? 'unknown' : formatUsd(usage.usd),
    task.durationMs === undefined ? '' : formatDuration(task.durationMs),
  ];
  return `| ${cells.join(' | ')} |`;
}

function renderGraph(mermaid: string): string {
  // Its author escapes labels; a fence inside could only come from a mistake, and would end the block.
  if (mermaid.trim() === '' || mermaid.includes('```')) return '';
  if (mermaid.length > MAX_MERMAID_CHARS) return '_The graph is too large to be drawn here._';
  return `\`\`\`mermaid\n${mermaid.trim()}\n\`\`\``;
}

function renderSiblings({ siblings }: RootPullInput): string {
  const lines = siblings.map(({ repo, url }) =>
    url === undefined ? formatInlineCode(repo, 200) : `${formatInlineCode(repo, 200)}: ${url}`,
  );
  return renderBulletList(lines, 10);
}

function renderUsage(input: RootPullInput): string {
  const used = formatUsage(input.usage, input.durationMs);
  if (input.criticalPathMs === undefined) return used;
  return `${used}; the longest chain of tasks took ${formatDuration(input.criticalPathMs)}`;
}
