import type { Evidence, Usage } from '../contract/task.ts';
import { assembleBody } from './assemble-body.ts';
import { formatInlineCode, neutraliseInline, neutraliseMarkdown } from './neutralise.ts';
import { PLATFORM_LABEL } from './platform-label.ts';
import type { FlaggedPath, LeftOutPath, PullSection } from './pull-section.ts';
import {
  createEvidenceSection,
  createFlaggedSection,
  createLeftOutSection,
  formatUsage,
  renderBulletList,
} from './pull-section.ts';
import { DEFAULT_ROOT_TITLE, DEFAULT_TASK_TITLE, renderTitle } from './render-title.ts';

export type PullText = { readonly title: string; readonly body: string; readonly labels: string[] };

export type TaskPullInput = {
  readonly plan: { readonly id: string; readonly title: string };
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly criteria: readonly string[];
    /** From 1. */
    readonly wave: number;
    /** With the numbers of their pull requests in the same repository, where there are any. */
    readonly dependsOn: readonly { readonly id: string; readonly pull?: number }[];
  };
  /** The only pull request of a simple plan: it goes to the base branch. */
  readonly simple: boolean;
  readonly evidence?: Evidence;
  readonly summary: string;
  readonly workLog: readonly string[];
  readonly leftOut: readonly LeftOutPath[];
  readonly flagged: readonly FlaggedPath[];
  readonly usage: Usage;
  readonly durationMs?: number;
  /** From the repository's file. */
  readonly titlePattern?: string;
  readonly template?: string;
};

/** Title, description and labels of a task's pull request. */
export function renderTaskPull(input: TaskPullInput): PullText {
  const { plan, task } = input;
  const fallback = input.simple ? DEFAULT_ROOT_TITLE : DEFAULT_TASK_TITLE;
  const titleOfTask = task.title.trim() || task.description;
  return {
    title: renderTitle(input.titlePattern ?? fallback, {
      task: task.id,
      title: titleOfTask,
      plan: plan.id,
    }),
    body: assembleBody({
      intro: '',
      sections: createSections(input),
      footer: renderFooter(input),
      template: input.template,
    }),
    labels: [PLATFORM_LABEL, `wave-${task.wave}`, 'auto-generated'],
  };
}

function createSections(input: TaskPullInput): PullSection[] {
  const { task } = input;
  const log = input.workLog.map((line) => neutraliseInline(line, 300));
  return [
    { key: 'task', heading: 'Task', text: neutraliseMarkdown(task.description, 8_000), weight: 9 },
    {
      key: 'done',
      heading: 'What was done',
      text: neutraliseMarkdown(input.summary, 8_000),
      weight: 5,
    },
    { key: 'criteria', heading: 'Acceptance criteria', text: renderCriteria(input), weight: 4 },
    { key: 'depends', heading: 'Depends on', text: renderDependencies(input), weight: 3 },
    createEvidenceSection(input.evidence),
    createLeftOutSection(input.leftOut),
    createFlaggedSection(input.flagged),
    { key: 'log', heading: 'Work log', text: renderBulletList(log, 40), weight: 1 },
    {
      key: 'usage',
      heading: 'Used',
      text: formatUsage(input.usage, input.durationMs),
      weight: 2,
    },
  ];
}

/** For the reviewer to tick: that an agent says so is no proof. */
function renderCriteria({ task }: TaskPullInput): string {
  return task.criteria.map((criterion) => `- [ ] ${neutraliseInline(criterion, 600)}`).join('\n');
}

function renderDependencies({ task }: TaskPullInput): string {
  const lines = task.dependsOn.map(({ id, pull }) =>
    pull === undefined ? formatInlineCode(id, 60) : `#${pull} ${formatInlineCode(id, 60)}`,
  );
  return renderBulletList(lines, 60);
}

function renderFooter({ plan, task, simple }: TaskPullInput): string {
  const of = `plan ${formatInlineCode(plan.id, 40)} (${neutraliseInline(plan.title, 120)})`;
  const what = simple ? `The work of ${of}.` : `Task ${formatInlineCode(task.id, 60)} of ${of}.`;
  return `${what} Written by a coding agent for smol-gang; only a person merges it into a base branch.`;
}
