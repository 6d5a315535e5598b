import type { Evidence, TaskStatus, Usage } from '../contract/task.ts';
import { assembleBody } from './assemble-body.ts';
import { inlineCode, neutralise, neutraliseCell } from './neutralise.ts';
import { OWN_LABEL } from './own-label.ts';
import {
  bulletList,
  count,
  duration,
  evidenceSection,
  type Flagged,
  flaggedSection,
  type LeftOut,
  leftOutSection,
  type PullSection,
  usageText,
  usd,
} from './pull-section.ts';
import { DEFAULT_ROOT_TITLE, renderTitle } from './pull-title.ts';
import type { PullText } from './render-task-pull.ts';

export type RootPullTask = {
  id: string;
  title: string;
  wave: number;
  status: TaskStatus;
  pull?: number;
  usage: Usage;
  durationMs?: number;
};
export type RootPullInput = {
  plan: { id: string; title: string; prompt: string; summary?: string };
  /** Of this repository, in the order in which they are shown. */
  tasks: readonly RootPullTask[];
  /** A Mermaid flowchart without its fence; too large a one is left out. */
  mermaid: string;
  evidence?: Evidence;
  leftOut: readonly LeftOut[];
  flagged: readonly Flagged[];
  /** Of the whole plan, planning included. */
  usage: Usage;
  durationMs?: number;
  /** How long the longest chain of tasks took. */
  criticalPathMs?: number;
  ready: boolean;
  /** The forge refuses drafts: the title and the first line say that it is not ready. */
  markNotReady: boolean;
  /** The plan's root pull requests in other repositories. */
  siblings: readonly { repo: string; url?: string }[];
  titlePattern?: string;
  template?: string;
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
      intro: introOf(input),
      sections: sectionsOf(input),
      footer: `Plan ${inlineCode(plan.id, 40)}. Written by coding agents for smol-gang; a person merges it.`,
      template: input.template,
    }),
    labels: [OWN_LABEL, 'auto-generated'],
  };
}

function introOf({ tasks, ready }: RootPullInput): string {
  const merged = tasks.filter(({ status }) => status === 'merged').length;
  const progress = `${merged} of ${tasks.length} tasks are merged`;
  if (ready) return `**Ready for review.** ${progress}, and the whole is verified.`;
  return `**Not ready yet**: do not merge. ${progress}.`;
}

function sectionsOf(input: RootPullInput): PullSection[] {
  const { plan } = input;
  const summary = neutralise(plan.summary ?? '', 3_000);
  return [
    { key: 'task', heading: 'Request', text: neutralise(plan.prompt, 5_000), weight: 9 },
    { key: 'done', heading: 'Approach', text: summary, weight: 5 },
    { key: 'table', heading: 'Tasks', text: tableOf(input.tasks), weight: 4 },
    { key: 'graph', heading: 'Plan', text: graphOf(input.mermaid), weight: 1 },
    evidenceSection(input.evidence),
    flaggedSection(input.flagged),
    leftOutSection(input.leftOut),
    { key: 'links', heading: 'Belongs together with', text: siblingsOf(input), weight: 3 },
    { key: 'usage', heading: 'Used', text: usageOf(input), weight: 2 },
  ];
}

function tableOf(tasks: readonly RootPullTask[]): string {
  if (tasks.length === 0) return '';
  const rows = tasks.slice(0, MAX_ROWS).map(rowOf);
  const more = tasks.length - rows.length;
  const head =
    '| Task | Wave | Status | Pull request | Tokens | Cost | Time |\n|---|---|---|---|---|---|---|';
  const table = [head, ...rows].join('\n');
  return more > 0 ? `${table}\n\n… and ${more} more tasks.` : table;
}

function rowOf(task: RootPullTask): string {
  const { usage } = task;
  const cells = [
    `${inlineCode(task.id, 60)} ${neutraliseCell(task.title, 80)}`.trim(),
    String(task.wave),
    task.status.replaceAll('_', ' '),
    task.pull === undefined ? '' : `#${task.pull}`,
    count(usage.inputTokens + usage.outputTokens),
    usage.usd === null ? 'unknown' : usd(usage.usd),
    task.durationMs === undefined ? '' : duration(task.durationMs),
  ];
  return `| ${cells.join(' | ')} |`;
}

function graphOf(mermaid: string): string {
  // Its author escapes labels; a fence inside could only come from a mistake, and would end the block.
  if (mermaid.trim() === '' || mermaid.includes('```')) return '';
  if (mermaid.length > MAX_MERMAID_CHARS) return '_The graph is too large to be drawn here._';
  return `\`\`\`mermaid\n${mermaid.trim()}\n\`\`\``;
}

function siblingsOf({ siblings }: RootPullInput): string {
  const lines = siblings.map(({ repo, url }) =>
    url === undefined ? inlineCode(repo, 200) : `${inlineCode(repo, 200)}: ${url}`,
  );
  return bulletList(lines, 10);
}

function usageOf(input: RootPullInput): string {
  const used = usageText(input.usage, input.durationMs);
  if (input.criticalPathMs === undefined) return used;
  return `${used}; the longest chain of tasks took ${duration(input.criticalPathMs)}`;
}
