// Models write text with LF, whatever line ends a file has. These functions search such text in a file with any line ends, and write the
// text with the line ends of the file.

const CRLF = '\r\n';

/** Returns the line end that most lines of a text have; LF for a text of one line. */
export function findLineEnd(text: string): '\n' | '\r\n' {
  const crlfCount = text.split(CRLF).length - 1;
  const lfCount = text.split('\n').length - 1 - crlfCount;
  return crlfCount > lfCount ? CRLF : '\n';
}

/** Returns a text with `lineEnd` at the end of each line. */
export function setLineEnds(text: string, lineEnd: string): string {
  const normalized = text.replaceAll(CRLF, '\n');
  return lineEnd === '\n' ? normalized : normalized.replaceAll('\n', lineEnd);
}

/** Place of a passage in a text. `count` is the number of places; only the first place is described. */
export type Passage = { readonly count: number; readonly start: number; readonly end: number };

/** Finds a passage in a text. The line ends of both may differ. */
export function findPassage(text: string, passage: string): Passage {
  const normalizedText = setLineEnds(text, '\n');
  const normalizedPassage = setLineEnds(passage, '\n');
  const count = normalizedText.split(normalizedPassage).length - 1;
  if (count === 0) return { count, start: 0, end: 0 };
  const index = normalizedText.indexOf(normalizedPassage);
  const start = skipCharacters(text, 0, index);
  return { count, start, end: skipCharacters(text, start, normalizedPassage.length) };
}

/** Returns the position after `count` characters from `start`, where CRLF counts as one character. */
function skipCharacters(text: string, start: number, count: number): number {
  let position = start;
  for (let skipped = 0; skipped < count; skipped += 1)
    position += text.startsWith(CRLF, position) ? CRLF.length : 1;
  return position;
}
