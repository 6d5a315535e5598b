import type { CommentFact } from './facts.ts';
import type { Syntax } from './syntax.ts';

/** Matches a comment for a tool such as the linter or the compiler. */
const DIRECTIVE =
  /^(?:biome-|oxlint-|eslint-|@ts-|@vitest-|v8 |c8 |<reference|#__|[@#](?:pure|__))/i;

/** Returns the comments for human readers; adjacent `//` lines count as a single comment. */
export function scanComments({ text, comments, lineOf }: Syntax): CommentFact[] {
  const merged: {
    readonly line: number;
    lastLine: number;
    /** True for a `//` comment without code on its line, which the next line can continue. */
    readonly canContinue: boolean;
    text: string;
  }[] = [];
  for (const { type, value, start, end } of comments) {
    const line = lineOf(start);
    const plainText = type === 'Block' ? removeStars(value) : value.replace(/^\/?\s*/, '').trim();
    if (DIRECTIVE.test(plainText)) continue;
    const isLineComment = type === 'Line' && isAloneOnLine(text, start);
    const last = merged.at(-1);
    if (isLineComment && last?.canContinue === true && last.lastLine === line - 1) {
      last.lastLine = line;
      last.text += ` ${plainText}`;
    } else
      merged.push({ line, lastLine: lineOf(end), canContinue: isLineComment, text: plainText });
  }
  return merged
    .filter((comment) => /\p{Letter}/u.test(comment.text))
    .map(({ line, text: commentText }) => ({ line, text: commentText }));
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
