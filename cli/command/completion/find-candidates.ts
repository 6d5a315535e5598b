import type { Command, OptionSpec, OptionSpecs } from '../../define-command.ts';
import { GLOBAL_OPTIONS } from '../../define-command.ts';
import { COMMAND_ALIASES, findCommandByWords } from '../../find-command.ts';

/** A completion of the last word, and its description; empty without description. */
export type Candidate = { readonly word: string; readonly about: string };

/** Lists the ids that a command takes as arguments. */
export type CandidateSources = {
  readonly listPlans: () => Promise<readonly Candidate[]>;
  readonly listTasks: (plan: string) => Promise<readonly Candidate[]>;
};

/**
 * Returns the words that can complete the last word of a command line.
 *
 * @param words words after the name of the program; the last one is incomplete and may be empty
 */
export async function findCandidates(
  words: readonly string[],
  commands: readonly Command[],
  sources: CandidateSources,
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const candidates = await listCandidates(words.slice(0, -1), typed, commands, sources);
  return candidates.filter(({ word }) => word.startsWith(typed));
}

async function listCandidates(
  earlierWords: readonly string[],
  typed: string,
  commands: readonly Command[],
  sources: CandidateSources,
): Promise<readonly Candidate[]> {
  const plainWords = removeOptions(earlierWords, GLOBAL_OPTIONS);
  const match = findCommandByWords(plainWords, commands);
  const options: OptionSpecs = { ...match?.command.options, ...GLOBAL_OPTIONS };
  const openOption = findOption(earlierWords.at(-1) ?? '', options);
  if (openOption?.type === 'string') return listChoices(openOption);
  if (typed.startsWith('-'))
    return Object.entries(options).map(([name, { help }]) => ({ word: `--${name}`, about: help }));
  if (match === undefined) return listNextWords(plainWords, commands);
  const args = removeOptions(earlierWords, options).slice(match.wordCount);
  const placeholder = listPlaceholders(match.command.usage)[args.length];
  if (placeholder === 'PLAN') return sources.listPlans();
  const [plan] = args;
  return placeholder === 'TASK' && plan !== undefined ? sources.listTasks(plan) : [];
}

/** Returns the words without options and the values of options. */
function removeOptions(words: readonly string[], options: OptionSpecs): string[] {
  return words.filter(
    (word, index) =>
      !word.startsWith('-') && findOption(words[index - 1] ?? '', options)?.type !== 'string',
  );
}

/** Finds the option that a word names completely. The value of `--name=value` belongs to the same word. */
function findOption(word: string, options: OptionSpecs): OptionSpec | undefined {
  if (word.startsWith('--')) return options[word.slice(2)];
  return Object.values(options).find(({ short }) => short !== undefined && word === `-${short}`);
}

/** Returns the values of an option whose placeholder lists them, such as "auto|review". */
function listChoices({ value = '', help }: OptionSpec): Candidate[] {
  if (!value.includes('|')) return [];
  return value.split('|').map((word) => ({ word, about: help }));
}

/** Returns the words that can follow the first words of commands. */
function listNextWords(
  words: readonly string[],
  commands: readonly Command[],
): readonly Candidate[] {
  const start = words.map((word) => `${word} `).join('');
  const byWord = new Map<string, Candidate>();
  const aliases = Object.entries(COMMAND_ALIASES)
    .filter(([name]) => !name.startsWith('-'))
    .map(([name, target]) => ({ name, summary: `same as ${target}` }));
  const help = { name: 'help', summary: 'list the commands, or explain a command' };
  for (const { name, summary } of [...commands, ...aliases, help]) {
    if (!name.startsWith(start)) continue;
    const [word = '', ...otherWords] = name.slice(start.length).split(' ');
    const about = otherWords.length === 0 ? summary : `commands for ${word}`;
    byWord.set(word, byWord.get(word) ?? { word, about });
  }
  return [...byWord.values()];
}

/** Returns the placeholders of the arguments in a synopsis: PLAN and TASK of "PLAN TASK [--follow]". */
function listPlaceholders(usage: string): string[] {
  const withoutOptions = usage.replace(/\[?--[a-z-]+(?: [A-Z]+)?\]?/g, '');
  return withoutOptions.match(/[A-Z]+(?:-[A-Z]+)*/g) ?? [];
}
