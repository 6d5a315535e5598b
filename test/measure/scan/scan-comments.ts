import type { CommentFact } from './facts.ts';
import type { Syntax } from './syntax.ts';

/** Matches a comment that addresses a tool. */
const DIRECTIVE =
  /^(?:biome-|oxlint-|eslint-|@ts-|@vitest-|v8 |c8 |<reference|#__|[@#](?:pure|__))/i;

/** Returns the comments for readers; adjacent `//` lines are one comment. */
export function scanComments({ text, comments, lineOf }: Syntax): CommentFact[] {
  const found: {
    readonly line: number;
    lastLine: number;
    readonly isRun: boolean;
    text: string;
  }[] = [];
  for (const { type, value, start, end } of comments) {
    const line = lineOf(start);
    const plain = type === 'Block' ? removeStars(value) : value.replace(/^\/?\s*/, '').trim();
    if (DIRECTIVE.test(plain)) continue;
    const isRun = type === 'Line' && isAloneOnLine(text, start);
    const last = found.at(-1);
    if (isRun && last?.isRun === true && last.lastLine === line - 1) {
      last.lastLine = line;
      last.text += ` ${plain}`;
    } else found.push({ line, lastLine: lineOf(end), isRun, text: plain });
  }
  return found
    .filter((comment) => /\p{Letter}/u.test(comment.text))
    .map(({ line, text: words }) => ({ line, text: words }));
}

function removeStars(block: string): string {
  return block
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trim())
    .join(' ')
    .trim();
}

function isAloneOnLine(text: string, start: number): boolean {
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';
}
