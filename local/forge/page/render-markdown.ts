import { html } from 'hono/html';

// Renders the small part of Markdown that pull requests of this project use: headings, paragraphs, lists, task lists, tables, quotes
// and code. The text comes from agents and models. The template escapes all text, so no HTML of the text takes effect.

type Html = ReturnType<typeof html>;
type Block = { readonly html: Html; readonly lineCount: number };

/** Renders a text in Markdown. */
export function renderMarkdown(text: string): Html[] {
  const lines = text.replace(/<!--[\s\S]*?-->/g, '').split(/\r?\n/);
  const blocks: Html[] = [];
  for (let index = 0; index < lines.length; ) {
    const block = readBlock(lines.slice(index));
    if (block !== undefined) blocks.push(block.html);
    index += block?.lineCount ?? 1;
  }
  return blocks;
}

/** Reads the block at the start of the lines; undefined for an empty line. */
function readBlock(lines: readonly string[]): Block | undefined {
  const [line = ''] = lines;
  if (line.trim() === '') return undefined;
  return (
    readCode(lines) ?? readHeading(line) ?? readTable(lines) ?? readList(lines) ?? readText(lines)
  );
}

function readCode(lines: readonly string[]): Block | undefined {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(lines[0] ?? '')?.[1];
  if (fence === undefined) return undefined;
  const end = lines.findIndex((line, index) => index > 0 && line.trim().startsWith(fence));
  const lineCount = end < 0 ? lines.length : end + 1;
  const code = lines.slice(1, end < 0 ? lines.length : end).join('\n');
  return { html: html`<pre><code>${code}</code></pre>`, lineCount };
}

function readHeading(line: string): Block | undefined {
  const [, marks = '', text = ''] = /^(#{1,6}) +(.*)$/.exec(line) ?? [];
  if (marks === '') return undefined;
  const content = renderInline(text);
  // The page itself has a heading of the first level.
  return {
    html: marks.length === 1 ? html`<h2>${content}</h2>` : html`<h3>${content}</h3>`,
    lineCount: 1,
  };
}

const TABLE_RULE = /^\s*\|?(?:\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?\s*$/;

function readTable(lines: readonly string[]): Block | undefined {
  const [head = '', rule = ''] = lines;
  if (!head.includes('|') || !rule.includes('|') || !TABLE_RULE.test(rule)) return undefined;
  const end = lines.findIndex((line) => !line.includes('|'));
  const lineCount = end < 0 ? lines.length : end;
  const rows = lines.slice(2, lineCount).map((line) => html`<tr>${renderCells(line, 'td')}</tr>`);
  return { html: html`<table><tr>${renderCells(head, 'th')}</tr>${rows}</table>`, lineCount };
}

function renderCells(line: string, tag: 'td' | 'th'): Html[] {
  const cells = line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/);
  return cells.map((cell) => {
    const content = renderInline(cell.trim().replaceAll('\\|', '|'));
    return tag === 'td' ? html`<td>${content}</td>` : html`<th>${content}</th>`;
  });
}

const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(.*)$/;

function readList(lines: readonly string[]): Block | undefined {
  const texts: string[] = [];
  let lineCount = 0;
  for (const line of lines) {
    const text = LIST_ITEM.exec(line)?.[1];
    // An indented line continues its item.
    const isContinuation = texts.length > 0 && /^\s{2,}\S/.test(line);
    if (text === undefined && !isContinuation) break;
    if (text === undefined) texts.push(`${texts.pop() ?? ''} ${line.trim()}`);
    else texts.push(text);
    lineCount += 1;
  }
  if (lineCount === 0) return undefined;
  const items = texts.map((text) => html`<li>${renderInline(markTask(text))}</li>`);
  const isNumbered = /^\s*\d/.test(lines[0] ?? '');
  return { html: isNumbered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`, lineCount };
}

function markTask(text: string): string {
  return text.replace(/^\[ \] /, '☐ ').replace(/^\[[xX]\] /, '☑ ');
}

function readText(lines: readonly string[]): Block {
  const end = lines.findIndex(
    (line, index) =>
      index > 0 && (line.trim() === '' || LIST_ITEM.test(line) || /^(#{1,6} |`{3}|\|)/.test(line)),
  );
  const lineCount = end < 0 ? lines.length : end;
  const isQuote = /^\s*>/.test(lines[0] ?? '');
  const text = lines
    .slice(0, lineCount)
    .map((line) => (isQuote ? line.replace(/^\s*> ?/, '') : line))
    .join(' ');
  const content = renderInline(text);
  return {
    html: isQuote ? html`<blockquote>${content}</blockquote>` : html`<p>${content}</p>`,
    lineCount,
  };
}

const INLINE =
  /`+([^`]+)`+|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>)"']+)|\\([!-/:-@[-`{-~])/g;

function renderInline(text: string): (Html | string)[] {
  const parts: (Html | string)[] = [];
  let offset = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(offset, match.index));
    offset = match.index + match[0].length;
    const [, code, bold, label, target, url, escaped] = match;
    if (code !== undefined) parts.push(html`<code>${code}</code>`);
    else if (bold !== undefined) parts.push(html`<b>${bold}</b>`);
    else if (target !== undefined) parts.push(html`<a href="${target}">${label}</a>`);
    else if (url !== undefined) parts.push(html`<a href="${url}">${url}</a>`);
    else parts.push(escaped ?? '');
  }
  return [...parts, text.slice(offset)];
}
