import { LIMITS, OPENING_PRONOUNS, VAGUE_WORDS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeRatio, formatFinding, formatShare } from './measure.ts';
import type { FileFacts, Group } from './scan/facts.ts';

const GROUPS: readonly Group[] = ['source', 'tests'];
/** Longer texts are cut in findings; characters. */
const MAX_TEXT_LENGTH = 100;

/** A comment or a title with its file. */
type Text = { readonly file: FileFacts; readonly line: number; readonly text: string };

/** Measures how often comments and titles use pronouns instead of nouns. */
export function measureLanguage(files: readonly FileFacts[]): Measure[] {
  const titles = listTexts(files, (file) => file.titles);
  const listComments = (group: Group): Text[] =>
    listTexts(
      files.filter((file) => file.group === group),
      (file) => file.comments,
    );
  return [
    ...GROUPS.map((group) =>
      measureOpenings(
        `openings-${group}`,
        `comments that open with a pronoun, ${group}`,
        listComments(group),
      ),
    ),
    measureOpenings('openings-titles', 'test titles that open with a pronoun', titles),
    ...GROUPS.map((group) => measureVagueWords(group, listComments(group))),
  ];
}

/** Returns true if the first word of a text is one of OPENING_PRONOUNS; a first word in backticks is code and does not count. */
export function opensWithPronoun(text: string): boolean {
  const [word = ''] = /^\p{Letter}+/u.exec(text.replace(/^[\s"'(*-]+/, '')) ?? [];
  return OPENING_PRONOUNS.includes(word.toLowerCase());
}

function measureOpenings(id: string, title: string, texts: readonly Text[]): Measure {
  const offences = texts.filter(({ text }) => opensWithPronoun(text));
  return {
    id,
    title,
    value: formatShare(offences.length, texts.length),
    bound: '0',
    isBroken: offences.length > 0,
    findings: offences.map(formatText),
  };
}

function measureVagueWords(group: Group, texts: readonly Text[]): Measure {
  const offences = texts.filter(({ text }) => VAGUE_WORDS.test(text));
  return {
    id: `words-${group}`,
    title: `comments with it/they/one/who/what/that/those, ${group}`,
    value: formatShare(offences.length, texts.length),
    bound: `<= ${100 * LIMITS.vagueWords} %`,
    isBroken: computeRatio(offences.length, texts.length) > LIMITS.vagueWords,
    findings: offences.map(formatText),
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
    text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}...` : text,
  );
}
