import type { Evidence, Usage } from '../contract/task.ts';
import { assembleBody } from './assemble-body.ts';
import { inlineCode, neutralise, neutraliseWords } from './neutralise.ts';
import { OWN_LABEL } from './own-label.ts';
import {
  bulletList,
  evidenceSection,
  type Flagged,
  flaggedSection,
  type LeftOut,
  leftOutSection,
  type PullSection,
  usageText,
} from './pull-section.ts';
import { DEFAULT_ROOT_TITLE, DEFAULT_TASK_TITLE, renderTitle } from './pull-title.ts';

export type PullText = { title: string; body: string; labels: string[] };

export type TaskPullInput = {
  plan: { id: string; title: string };
  task: {
    id: string;
    title: string;
    description: string;
    criteria: readonly string[];
    /** From 1. */
    wave: number;
    /** With the numbers of their pull requests in the same repository, where there are any. */
    dependsOn: readonly { id: string; pull?: number }[];
  };
  /** The only pull request of a simple plan: it goes to the base branch. */
  simple: boolean;
  evidence?: Evidence;
  summary: string;
  workLog: readonly string[];
  leftOut: readonly LeftOut[];
  flagged: readonly Flagged[];
  usage: Usage;
  durationMs?: number;
  /** From the repository's file. */
  titlePattern?: string;
  template?: string;
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
      sections: sectionsOf(input),
      footer: footerOf(input),
      template: input.template,
    }),
    labels: [OWN_LABEL, `wave-${task.wave}`, 'auto-generated'],
  };
}

function sectionsOf(input: TaskPullInput): PullSection[] {
  const { task } = input;
  const log = input.workLog.map((line) => neutraliseWords(line, 300));
  return [
    { key: 'task', heading: 'Task', text: neutralise(task.description, 8_000), weight: 9 },
    { key: 'done', heading: 'What was done', text: neutralise(input.summary, 8_000), weight: 5 },
    { key: 'criteria', heading: 'Acceptance criteria', text: criteriaText(input), weight: 4 },
    { key: 'depends', heading: 'Depends on', text: dependsText(input), weight: 3 },
    evidenceSection(input.evidence),
    leftOutSection(input.leftOut),
    flaggedSection(input.flagged),
    { key: 'log', heading: 'Work log', text: bulletList(log, 40), weight: 1 },
    {
      key: 'usage',
      heading: 'Used',
      text: usageText(input.usage, input.durationMs),
      weight: 2,
    },
  ];
}

/** For the reviewer to tick: that an agent says so is no proof. */
function criteriaText({ task }: TaskPullInput): string {
  return task.criteria.map((criterion) => `- [ ] ${neutraliseWords(criterion, 600)}`).join('\n');
}

function dependsText({ task }: TaskPullInput): string {
  const lines = task.dependsOn.map(({ id, pull }) =>
    pull === undefined ? inlineCode(id, 60) : `#${pull} ${inlineCode(id, 60)}`,
  );
  return bulletList(lines, 60);
}

function footerOf({ plan, task, simple }: TaskPullInput): string {
  const of = `plan ${inlineCode(plan.id, 40)} (${neutraliseWords(plan.title, 120)})`;
  const what = simple ? `The work of ${of}.` : `Task ${inlineCode(task.id, 60)} of ${of}.`;
  return `${what} Written by a coding agent for smol-gang; only a person merges it into a base branch.`;
}
