import type { TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteText } from './graph-problem.ts';

// Whether a description tells an agent anything. Judged by its words alone, and only what is plainly empty is refused.

const MIN_WORDS = { model: 4, person: 2 };

/** Words that name nothing: a description of nothing else is vague. */
const EMPTY_WORDS = new Set(
  (
    'a all also an and any app application appropriate as be better bug bugs change changes clean cleanup code codebase do ' +
    'enhance etc everything feature features few finish fix for general get good etc implement implementation improve ' +
    'improvements improving in is issue issues it its make misc miscellaneous more n/a necessary needed of on optimise ' +
    'optimize other our overall performance please polish problem problems project quality refactor refactoring remaining ' +
    'repo repository required rest some stuff system task tasks tbd the them thing things this to todo tweak up update ' +
    'updates various we what whatever where with work'
  ).split(' '),
);

/** From a model these are errors, so that it is asked again; a person is only told. */
export function checkText(task: TaskSpec, source: 'model' | 'person'): GraphProblem[] {
  const severity = source === 'model' ? 'error' : 'warning';
  const words = splitWords(task.description);
  const name = quoteText(task.id);
  if (words.length === 0) {
    const message = `${name} has no description; say what is to be changed, and where`;
    return [{ code: 'empty_description', task: task.id, message, severity: 'error' }];
  }
  const problems: GraphProblem[] = [];
  if (words.every((word) => EMPTY_WORDS.has(word))) {
    const message = `the description of ${name}, ${quoteText(task.description)}, names nothing; say which behaviour, files or functions it is about`;
    problems.push({ code: 'vague_description', task: task.id, message, severity });
  } else if (words.length < MIN_WORDS[source]) {
    const message = `the description of ${name}, ${quoteText(task.description)}, is too short for an agent to work from; say what is to be changed, and where`;
    problems.push({ code: 'short_description', task: task.id, message, severity });
  }
  if (source === 'model' && task.criteria.every((criterion) => criterion.trim() === '')) {
    const message = `${name} has no acceptance criteria; give at least one that can be checked`;
    problems.push({ code: 'missing_criteria', task: task.id, message, severity });
  }
  return problems;
}

/** In scripts without spaces each character counts as a word. */
function splitWords(text: string): string[] {
  const found = text
    .toLowerCase()
    .match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]|[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[_./-](?=[\p{L}\p{N}]))*/gu,
    );
  return found ?? [];
}
