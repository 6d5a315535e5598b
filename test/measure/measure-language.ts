import { LIMITS, VAGUE_OPENINGS, VAGUE_WORDS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeRatio, formatFinding, formatShare } from './measure.ts';
import type { FileFacts, Group } from './scan/facts.ts';

const GROUPS: readonly Group[] = ['source', 'tests'];
const SHOWN_LENGTH = 100;

/** A comment or a title with its file. */
type Text = { readonly file: FileFacts; readonly line: number; readonly text: string };

/** Measures how often comments and titles use pronouns instead of nouns. */
export function measureLanguage(files: readonly FileFacts[]): Measure[] {
  const titles = listTexts(files, (file) => file.titles);
  const commentsOf = (group: Group): Text[] =>
    listTexts(
      files.filter((file) => file.group === group),
      (file) => file.comments,
    );
  return [
    ...GROUPS.map((group) =>
      measureOpenings(
        `openings-${group}`,
        `comments that open with a pronoun, ${group}`,
        commentsOf(group),
      ),
    ),
    measureOpenings('openings-titles', 'test titles that open with a pronoun', titles),
    ...GROUPS.map((group) => measureVagueWords(group, commentsOf(group))),
  ];
}

/** Tells whether the first word of a text is a pronoun; a word in backticks is code. */
export function opensVaguely(text: string): boolean {
  const [word = ''] = /^\p{Letter}+/u.exec(text.replace(/^[\s"'(*-]+/, '')) ?? [];
  return VAGUE_OPENINGS.includes(word.toLowerCase());
}

function measureOpenings(id: string, title: string, texts: readonly Text[]): Measure {
  const found = texts.filter(({ text }) => opensVaguely(text));
  return {
    id,
    title,
    value: formatShare(found.length, texts.length),
    bound: `< ${100 * LIMITS.openings} %`,
    isBroken: found.length > 0 && computeRatio(found.length, texts.length) >= LIMITS.openings,
    findings: found.map(formatText),
  };
}

function measureVagueWords(group: Group, texts: readonly Text[]): Measure {
  const found = texts.filter(({ text }) => VAGUE_WORDS.test(text));
  return {
    id: `words-${group}`,
    title: `comments with it/they/one/who/what/that/those, ${group}`,
    value: formatShare(found.length, texts.length),
    bound: `<= ${100 * LIMITS.vagueWords} %`,
    isBroken: computeRatio(found.length, texts.length) > LIMITS.vagueWords,
    findings: found.map(formatText),
  };
}

function listTexts(
  files: readonly FileFacts[],
  select: (file: FileFacts) => readonly { readonly line: number; readonly text: string }[],
): Text[] {
  return files.flatMap((file) => select(file).map(({ line, text }) => ({ file, line, text })));
}

function formatText({ file, line, text }: Text): string {
  return formatFinding(
    file,
    line,
    text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text,
  );
}
