import { cutText, plainText } from './plain-text.ts';

// Text of models, agents and people for a pull request: it may describe, but it notifies nobody, closes and references
// nothing, hides nothing and cannot pass for a section of ours.

/** A zero-width space: breaks what a forge would act on, in prose, in code and in a commit message alike. */
const BREAK = '\u200b';

/** Markdown prose of somebody else, at most `maxChars` of it. */
export function neutralise(text: string, maxChars: number): string {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of plainText(text, maxChars).trim().split('\n')) {
    const mark = /^\s{0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line);
    const opens = fence === undefined && mark !== null;
    const closes = fence !== undefined && mark?.[2]?.trim() === '' && closesFence(mark[1], fence);
    const isCode = fence !== undefined || opens;
    lines.push(isCode ? defuse(line) : neutraliseLine(line));
    if (opens) fence = mark[1];
    if (closes) fence = undefined;
  }
  // A block that is left open would swallow what follows it.
  if (fence !== undefined) lines.push(fence);
  return lines.join('\n');
}

/** The same on one line, without any markup of its own: for titles, lists and tables. */
export function neutraliseWords(text: string, maxChars: number): string {
  const line = plainText(text, maxChars * 2)
    .replace(/\s+/g, ' ')
    .trim();
  return defuse(cutText(line, maxChars));
}

/** For the cell of a table. */
export function neutraliseCell(text: string, maxChars: number): string {
  return neutraliseWords(text, maxChars).replaceAll('|', '\\|');
}

/** As code on one line. */
export function inlineCode(text: string, maxChars: number): string {
  const line = plainText(text, maxChars * 2)
    .replace(/\s+/g, ' ')
    .trim();
  const plain = cutText(line, maxChars).replaceAll('`', "'").replaceAll('|', '¦');
  return plain === '' ? '' : `\`${unlink(plain)}\``;
}

/** Output of a program: its end is what matters. */
export function codeBlock(text: string, maxChars: number): string {
  const plain = plainText(withoutColours(text), text.length + 1).trimEnd();
  const shown = plain.length > maxChars ? `…${plain.slice(-maxChars)}` : plain;
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${unlink(shown)}\n${fence}`;
}

/** Mentions, issue numbers, links to issues and robots' commands (/approve) stay readable, and are none any more. */
export function unlink(text: string): string {
  return text
    .replace(/^([ \t]*)\/(?=[a-z])/gim, `$1${BREAK}/`)
    .replace(/@(?=[\w-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${BREAK}`)
    .replace(/(\/(?:issues|pulls?|discussions)\/)(?=\d)/gi, `$1${BREAK}`);
}

function neutraliseLine(line: string): string {
  const heading = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line);
  if (heading !== null) return `**${defuse(heading[1] ?? '')}**`;
  // Underlines make a heading of the line above them.
  if (/^\s{0,3}(=+|-+)\s*$/.test(line)) return `\\${line.trim()}`;
  return defuse(line);
}

/** Tags, comments and entities too; without asking what is code, where a forge may see it otherwise. */
function defuse(text: string): string {
  return unlink(text)
    .replace(/&(?=#?\w+;)/g, `&${BREAK}`)
    .replace(/<(?=[a-z/!?])/gi, `<${BREAK}`);
}

function closesFence(mark: string | undefined, fence: string): boolean {
  return mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length;
}

function withoutColours(text: string): string {
  const [first = '', ...rest] = text.split('\u001b');
  return first + rest.map((part) => part.replace(/^\[[0-9;?]*[A-Za-z]/, '')).join('');
}
