import type { TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteText } from './graph-problem.ts';

// Reports task descriptions that are empty, vague or too short. The check only looks at words, so it reports only clear cases.

const MIN_WORDS = { model: 4, person: 2 };

/** Words without a concrete meaning; a description that contains no other word is vague. */
const VAGUE_WORDS = new Set(
  (
    'a all also an and any app application appropriate as be better bug bugs change changes clean cleanup code codebase do ' +
    'enhance etc everything feature features few finish fix for general get good implement implementation improve ' +
    'improvements improving in is issue issues it its make misc miscellaneous more n/a necessary needed of on optimise ' +
    'optimize other our overall performance please polish problem problems project quality refactor refactoring remaining ' +
    'repo repository required rest some stuff system task tasks tbd the them thing things this to todo tweak up update ' +
    'updates various we what whatever where with work'
  ).split(' '),
);

/** Checks description and criteria. Most problems are errors for a model, which must answer again, and warnings for a person. */
export function checkText(task: TaskSpec, source: 'model' | 'person'): GraphProblem[] {
  const severity = source === 'model' ? 'error' : 'warning';
  const words = splitWords(task.description);
  const name = quoteText(task.id);
  if (words.length === 0) {
    const message = `task ${name} has no description; describe what to change and where`;
    return [{ code: 'empty_description', task: task.id, message, severity: 'error' }];
  }
  const problems: GraphProblem[] = [];
  if (words.every((word) => VAGUE_WORDS.has(word))) {
    const message = `the description of task ${name}, ${quoteText(task.description)}, is too vague; name the behaviour, files or functions to change`;
    problems.push({ code: 'vague_description', task: task.id, message, severity });
  } else if (words.length < MIN_WORDS[source]) {
    const message = `the description of task ${name}, ${quoteText(task.description)}, is too short for an agent; describe what to change and where`;
    problems.push({ code: 'short_description', task: task.id, message, severity });
  }
  if (source === 'model' && task.criteria.every((criterion) => criterion.trim() === '')) {
    const message = `task ${name} has no acceptance criteria; add at least one criterion that can be checked`;
    problems.push({ code: 'missing_criteria', task: task.id, message, severity });
  }
  return problems;
}

/** Splits text into words; in scripts without spaces every character counts as a word. */
function splitWords(text: string): string[] {
  const words = text
    .toLowerCase()
    .match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]|[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[_./-](?=[\p{L}\p{N}]))*/gu,
    );
  return words ?? [];
}
