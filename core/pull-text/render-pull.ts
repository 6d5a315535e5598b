import {
  formatInlineCode,
  neutraliseCell,
  neutraliseInline,
  neutraliseMarkdown,
} from '../base/safe-text.ts';
import type { Flag, FlagCounts, Uncommitted } from '../contract/flag.ts';
import type { Evidence, Usage } from '../contract/task.ts';
import type { TaskStatus } from '../contract/task-status.ts';
import type { LeftOutPath, PullSection } from './pull-body.ts';
import {
  assembleBody,
  createEvidenceSection,
  createFlaggedSection,
  createLeftOutSection,
  createUncommittedSection,
  formatCount,
  formatDuration,
  formatUsage,
  formatUsd,
  renderBulletList,
} from './pull-body.ts';

// Renders the texts of two kinds of pull request. The pull request of a task targets the root branch, which collects the work of
// a plan. The root pull request goes from the root branch to the base branch.

/** Label of every pull request that smol-gang opens; identifies the pull request even after a person changed its base. */
export const PLATFORM_LABEL = 'smol-gang';

/** Title, description in Markdown, and labels of a pull request. */
export type PullText = { readonly title: string; readonly body: string; readonly labels: string[] };

/** Facts for the text of a task's pull request. */
export type TaskPullInput = {
  readonly plan: { readonly id: string; readonly title: string };
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly criteria: readonly string[];
    /** Counted from 1. */
    readonly wave: number;
    /** `pull` is the number of the dependency's pull request, if that pull request is in the same repository. */
    readonly dependsOn: readonly { readonly id: string; readonly pull?: number }[];
  };
  /** True for the only pull request of a simple plan, which targets the base branch. */
  readonly simple: boolean;
  readonly evidence?: Evidence;
  readonly summary: string;
  readonly workLog: readonly string[];
  /** Changed paths that were not committed, because they are in the scope of another task. */
  readonly leftOut: readonly LeftOutPath[];
  readonly flagged: readonly Flag[];
  /** Counts of all flags, if `flagged` is shortened. */
  readonly flagCounts?: FlagCounts;
  /** Files that the agent wrote and that the commit does not contain. */
  readonly uncommitted: readonly Uncommitted[];
  readonly usage: Usage;
  readonly durationMs?: number;
  /** Pattern from `.smol-gang.yaml`; see `renderTitle` for its placeholders. */
  readonly titlePattern?: string;
  /** The repository's pull request template. */
  readonly template?: string;
};

/** A row of the task table in a root pull request. */
export type RootPullTask = {
  readonly id: string;
  readonly title: string;
  /** Counted from 1. */
  readonly wave: number;
  readonly status: TaskStatus;
  /** Number of the task's pull request. */
  readonly pull?: number;
  readonly usage: Usage;
  readonly durationMs?: number;
};

/** Facts for the text of a root pull request. */
export type RootPullInput = {
  readonly plan: {
    readonly id: string;
    readonly title: string;
    readonly prompt: string;
    readonly summary?: string;
  };
  /** Tasks of this repository, in display order. */
  readonly tasks: readonly RootPullTask[];
  /** Mermaid flowchart without a code fence; a notice replaces a flowchart above 22,000 characters. */
  readonly mermaid: string;
  readonly evidence?: Evidence;
  /** Changed paths that were not committed, because they are in the scope of another task. */
  readonly leftOut: readonly LeftOutPath[];
  readonly flagged: readonly Flag[];
  /** Counts of all flags, if `flagged` is shortened. */
  readonly flagCounts?: FlagCounts;
  /** Usage of the whole plan, planning included. */
  readonly usage: Usage;
  readonly durationMs?: number;
  /** Duration of the longest chain of tasks. */
  readonly criticalPathMs?: number;
  readonly ready: boolean;
  /** The plan's root pull requests in other repositories. */
  readonly siblings: readonly { readonly repo: string; readonly url?: string }[];
  readonly titlePattern?: string;
  readonly template?: string;
};

const DEFAULT_TASK_TITLE = '[smol-gang/{task}] {title}';
const DEFAULT_ROOT_TITLE = '[smol-gang] {title}';
/** Forges allow 256 characters. `neutraliseInline` inserts zero-width spaces, which lengthen 160 characters to at most 240. */
const MAX_TITLE_CHARS = 160;
const MAX_TABLE_ROWS = 120;
const MAX_MERMAID_CHARS = 22_000;

/** Renders title, description and labels of a task's pull request. */
export function renderTaskPull(input: TaskPullInput): PullText {
  const { plan, task } = input;
  const pattern = input.titlePattern ?? (input.simple ? DEFAULT_ROOT_TITLE : DEFAULT_TASK_TITLE);
  const title = task.title.trim() || task.description;
  return {
    title: renderTitle(pattern, { task: task.id, title, plan: plan.id }),
    body: assembleBody({
      intro: '',
      sections: createTaskSections(input),
      footer: renderTaskFooter(input),
      template: input.template,
    }),
    labels: [PLATFORM_LABEL, `wave-${task.wave}`, 'auto-generated'],
  };
}

/** Renders title, description and labels of a root pull request. */
export function renderRootPull(input: RootPullInput): PullText {
  const { plan } = input;
  const pattern = input.titlePattern ?? DEFAULT_ROOT_TITLE;
  return {
    title: renderTitle(pattern, { task: 'root', title: plan.title, plan: plan.id }),
    body: assembleBody({
      intro: renderRootIntro(input),
      sections: createRootSections(input),
      footer: `smol-gang plan ${formatInlineCode(plan.id, 40)}. Coding agents wrote this change. smol-gang never merges into the base branch: a person reviews and merges this pull request.`,
      template: input.template,
    }),
    labels: [PLATFORM_LABEL, 'auto-generated'],
  };
}

type TitleParts = {
  /** Task id; "root" for a root pull request. */
  readonly task: string;
  readonly title: string;
  /** Plan id. */
  readonly plan: string;
};

/**
 * Fills the placeholders `{task}`, `{title}` and `{plan}` in a single pass, so that placeholders within a value are not filled.
 * Returns one line of at most 240 characters.
 */
function renderTitle(pattern: string, parts: TitleParts): string {
  const filled = pattern.replace(/\{(task|title|plan)\}/g, (_, name: keyof TitleParts) =>
    parts[name].replace(/\s+/g, ' ').trim(),
  );
  return neutraliseInline(filled, MAX_TITLE_CHARS);
}

function createTaskSections(input: TaskPullInput): PullSection[] {
  const description = neutraliseMarkdown(input.task.description, 8_000);
  const summary = neutraliseMarkdown(input.summary, 8_000);
  const logLines = input.workLog.map((line) => neutraliseInline(line, 300));
  const usage = formatUsage(input.usage, input.durationMs);
  return [
    { key: 'task', heading: 'Task', text: description, importance: 9 },
    { key: 'done', heading: 'What was done', text: summary, importance: 5 },
    { key: 'criteria', heading: 'Acceptance criteria', text: renderCriteria(input), importance: 4 },
    { key: 'depends', heading: 'Depends on', text: renderDependencies(input), importance: 3 },
    createEvidenceSection(input.evidence),
    createLeftOutSection(input.leftOut),
    createFlaggedSection(input.flagged, input.flagCounts),
    createUncommittedSection(input.uncommitted),
    { key: 'log', heading: 'Work log', text: renderBulletList(logLines, 40), importance: 1 },
    { key: 'usage', heading: 'Usage and cost', text: usage, importance: 2 },
  ];
}

/** Renders the criteria as unchecked boxes for the reviewer, because a claim of the agent is not evidence. */
function renderCriteria({ task }: TaskPullInput): string {
  return task.criteria.map((criterion) => `- [ ] ${neutraliseInline(criterion, 600)}`).join('\n');
}

function renderDependencies({ task }: TaskPullInput): string {
  const lines = task.dependsOn.map(({ id, pull }) =>
    pull === undefined ? formatInlineCode(id, 60) : `#${pull} ${formatInlineCode(id, 60)}`,
  );
  return renderBulletList(lines, 60);
}

function renderTaskFooter({ plan, task, simple }: TaskPullInput): string {
  const planName = `smol-gang plan ${formatInlineCode(plan.id, 40)} (${neutraliseInline(plan.title, 120)})`;
  if (simple) {
    return `All work of ${planName}. A coding agent wrote this change. smol-gang never merges into the base branch: a person reviews and merges this pull request.`;
  }
  return `Task ${formatInlineCode(task.id, 60)} of ${planName}. A coding agent wrote this change. Its target is the plan's own branch, which a person later merges into the base branch.`;
}

function renderRootIntro({ tasks, ready, evidence }: RootPullInput): string {
  const merged = tasks.filter(({ status }) => status === 'merged').length;
  const progress = `${merged} of ${tasks.length} tasks are merged`;
  if (ready) {
    const verified =
      evidence?.empty === true ? 'Nothing was verified: no verify command is known. ' : '';
    return `**Ready for review.** ${progress}. ${verified}Please review the whole change, and merge this pull request if you agree with it.`;
  }
  return `**Not ready yet: please do not merge.** ${progress}. smol-gang updates this description when all tasks are merged and the combined result is verified.`;
}

function createRootSections(input: RootPullInput): PullSection[] {
  const prompt = neutraliseMarkdown(input.plan.prompt, 5_000);
  const summary = neutraliseMarkdown(input.plan.summary ?? '', 3_000);
  return [
    { key: 'task', heading: 'Request', text: prompt, importance: 9 },
    { key: 'done', heading: 'Approach', text: summary, importance: 5 },
    { key: 'table', heading: 'Tasks', text: renderTaskTable(input.tasks), importance: 4 },
    { key: 'graph', heading: 'Task graph', text: renderTaskGraph(input), importance: 1 },
    createEvidenceSection(input.evidence),
    createFlaggedSection(input.flagged, input.flagCounts),
    createLeftOutSection(input.leftOut),
    { key: 'links', heading: 'Related pull requests', text: renderSiblings(input), importance: 3 },
    { key: 'usage', heading: 'Usage and cost', text: renderRootUsage(input), importance: 2 },
  ];
}

function renderTaskTable(tasks: readonly RootPullTask[]): string {
  if (tasks.length === 0) return '';
  const header =
    '| Task | Wave | Status | Pull request | Tokens | Cost | Time |\n|---|---|---|---|---|---|---|';
  const rows = tasks.slice(0, MAX_TABLE_ROWS).map(renderTaskRow);
  const table = [header, ...rows].join('\n');
  const omitted = tasks.length - rows.length;
  return omitted > 0 ? `${table}\n\n… and ${omitted} more tasks.` : table;
}

function renderTaskRow(task: RootPullTask): string {
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

function renderTaskGraph({ mermaid, plan }: RootPullInput): string {
  // The renderer of the flowchart escapes all labels, so only a defect can produce a code fence. A fence would end the block early,
  // so the graph is omitted.
  if (mermaid.trim() === '' || mermaid.includes('```')) return '';
  if (mermaid.length > MAX_MERMAID_CHARS) {
    return `_The graph is too large to draw here. The view of plan ${formatInlineCode(plan.id, 40)} lists the tasks and dependencies._`;
  }
  return `\`\`\`mermaid\n${mermaid.trim()}\n\`\`\``;
}

function renderSiblings({ siblings }: RootPullInput): string {
  if (siblings.length === 0) return '';
  const lines = siblings.map(({ repo, url }) =>
    url === undefined ? formatInlineCode(repo, 200) : `${formatInlineCode(repo, 200)}: ${url}`,
  );
  return `The same plan also changes these repositories.\n\n${renderBulletList(lines, 10)}`;
}

function renderRootUsage(input: RootPullInput): string {
  const usage = formatUsage(input.usage, input.durationMs);
  if (input.criticalPathMs === undefined) return usage;
  return `${usage}; the longest chain of tasks took ${formatDuration(input.criticalPathMs)}`;
}
