import { toPlainText, truncateText } from '../base/plain-text.ts';

// Text of models, agents and people for a pull request: it may describe, but it notifies nobody, closes and references
// nothing, hides nothing and cannot pass for a section of ours.

/** A zero-width space: breaks what a forge would act on, in prose, in code and in a commit message alike. */
const ZERO_WIDTH_SPACE = '\u200b';

/** Markdown prose of somebody else, at most `maxChars` of it. */
export function neutraliseMarkdown(text: string, maxChars: number): string {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of toPlainText(text, maxChars).trim().split('\n')) {
    const mark = /^\s{0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line);
    const opens = fence === undefined && mark !== null;
    const closes = fence !== undefined && mark?.[2]?.trim() === '' && closesFence(mark[1], fence);
    const isCode = fence !== undefined || opens;
    lines.push(isCode ? neutraliseMarkup(line) : neutraliseLine(line));
    if (opens) fence = mark[1];
    if (closes) fence = undefined;
  }
  // A block that is left open would swallow what follows it.
  if (fence !== undefined) lines.push(fence);
  return lines.join('\n');
}

/** The same on one line, without any markup of its own: for titles, lists and tables. */
export function neutraliseInline(text: string, maxChars: number): string {
  const line = toPlainText(text, maxChars * 2)
    .replace(/\s+/g, ' ')
    .trim();
  return neutraliseMarkup(truncateText(line, maxChars));
}

/** For the cell of a table. */
export function neutraliseCell(text: string, maxChars: number): string {
  return neutraliseInline(text, maxChars).replaceAll('|', '\\|');
}

/** As code on one line. */
export function formatInlineCode(text: string, maxChars: number): string {
  const line = toPlainText(text, maxChars * 2)
    .replace(/\s+/g, ' ')
    .trim();
  const plain = truncateText(line, maxChars).replaceAll('`', "'").replaceAll('|', '¦');
  return plain === '' ? '' : `\`${breakReferences(plain)}\``;
}

/** Output of a program: its end is what matters. */
export function formatCodeBlock(text: string, maxChars: number): string {
  const plain = toPlainText(removeColours(text), text.length + 1).trimEnd();
  const shown = plain.length > maxChars ? `…${plain.slice(-maxChars)}` : plain;
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${breakReferences(shown)}\n${fence}`;
}

/** Mentions, issue numbers, links to issues and robots' commands (/approve) stay readable, and are none any more. */
export function breakReferences(text: string): string {
  return text
    .replace(/^([ \t]*)\/(?=[a-z])/gim, `$1${ZERO_WIDTH_SPACE}/`)
    .replace(/@(?=[\w-])/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH_SPACE}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}`)
    .replace(/(\/(?:issues|pulls?|discussions)\/)(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}`);
}

function neutraliseLine(line: string): string {
  const heading = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line);
  if (heading !== null) return `**${neutraliseMarkup(heading[1] ?? '')}**`;
  // Underlines make a heading of the line above them.
  if (/^\s{0,3}(=+|-+)\s*$/.test(line)) return `\\${line.trim()}`;
  return neutraliseMarkup(line);
}

/** Tags, comments and entities too; without asking what is code, where a forge may see it otherwise. */
function neutraliseMarkup(text: string): string {
  return breakReferences(text)
    .replace(/&(?=#?\w+;)/g, `&${ZERO_WIDTH_SPACE}`)
    .replace(/<(?=[a-z/!?])/gi, `<${ZERO_WIDTH_SPACE}`);
}

function closesFence(mark: string | undefined, fence: string): boolean {
  return mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length;
}

function removeColours(text: string): string {
  const [first = '', ...rest] = text.split('\u001b');
  return first + rest.map((part) => part.replace(/^\[[0-9;?]*[A-Za-z]/, '')).join('');
}
