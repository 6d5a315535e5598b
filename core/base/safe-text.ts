// Makes text from models, agents and people safe for a person, a model, a terminal or a forge.

// Invisible characters that can influence models and terminals: controls, zero-width characters, bidirectional overrides, Unicode tag
// characters. The joiners U+200C and U+200D stay inside words of scripts that are spelled with them, such as Persian, and inside emoji.
const INVISIBLE_CHARACTERS =
  /(?!(?<=[[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]--[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]])[\u200c\u200d](?=[[\p{L}\p{Extended_Pictographic}]--[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]]))[[\p{Cc}\p{Cf}]--[\n\t]]/gv;

/** Removes invisible characters except newlines, tabs and joiners of scripts and emoji, and truncates the text to `maxChars` with an ellipsis. */
export function toPlainText(text: string, maxChars: number): string {
  // Bounds the work for a huge text; assumes at most four invisible characters for each visible character.
  const beginning = text.length > maxChars * 5 ? text.slice(0, maxChars * 5) : text;
  const plain = beginning.replaceAll('\r\n', '\n').replace(INVISIBLE_CHARACTERS, '');
  return truncateText(plain, maxChars);
}

/** Converts like toPlainText, and replaces line breaks and repeated spaces by one space. */
export function toOneLine(text: string, maxChars: number): string {
  return truncateText(
    toPlainText(text, maxChars * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  );
}

/** Truncates a text to `maxChars` with an ellipsis, never inside a surrogate pair. */
export function truncateText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, Math.max(0, maxChars - 1));
  const endsInsidePair = /[\ud800-\udbff]$/.test(cut);
  return `${endsInsidePair ? cut.slice(0, -1) : cut}…`;
}

// Neutralised text for a pull request: the text stays readable, but cannot mention a user, close or reference an issue, hide content,
// or imitate a section of the description.

/** Separates the characters of a mention or reference. Works in code and commit messages too, where an escape would be visible. */
const ZERO_WIDTH_SPACE = '\u200b';

/** Neutralises Markdown prose; keeps at most `maxChars` characters of the input. */
export function neutraliseMarkdown(text: string, maxChars: number): string {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of toPlainText(text, maxChars).trim().split('\n')) {
    const fenceMatch = /^\s{0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line);
    const opensBlock = fence === undefined && fenceMatch !== null;
    const closesBlock =
      fence !== undefined && fenceMatch?.[2]?.trim() === '' && closesFence(fenceMatch[1], fence);
    const isCode = fence !== undefined || opensBlock;
    lines.push(isCode ? neutraliseMarkup(line) : neutraliseLine(line));
    if (opensBlock) fence = fenceMatch[1];
    if (closesBlock) fence = undefined;
  }
  // Without its end, a code block would include all text below.
  if (fence !== undefined) lines.push(fence);
  return lines.join('\n');
}

/** Neutralises text as a single line for titles, list items and tables; keeps at most `maxChars` characters. */
export function neutraliseInline(text: string, maxChars: number): string {
  return neutraliseMarkup(toOneLine(text, maxChars));
}

/** Neutralises text for a table cell, where a pipe would start the next cell. */
export function neutraliseCell(text: string, maxChars: number): string {
  return neutraliseInline(text, maxChars).replaceAll('|', '\\|');
}

/** Formats text as code on one line; returns an empty string for blank text. */
export function formatInlineCode(text: string, maxChars: number): string {
  const plain = toOneLine(text, maxChars).replaceAll('`', "'").replaceAll('|', '¦');
  return plain === '' ? '' : `\`${breakReferences(plain)}\``;
}

/** Formats the output of a program as a code block; keeps the last `maxChars` characters, where errors usually are. */
export function formatCodeBlock(text: string, maxChars: number): string {
  const plain = toPlainText(removeColours(text), text.length + 1).trimEnd();
  const shown = plain.length > maxChars ? `…${plain.slice(-maxChars)}` : plain;
  const backtickRuns = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...backtickRuns.map((run) => run.length + 1)));
  return `${fence}text\n${breakReferences(shown)}\n${fence}`;
}

/** Deactivates mentions, issue numbers, links to issues and bot commands (such as /approve); the text stays readable. */
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
  // An underline would turn the line above into a heading.
  if (/^\s{0,3}(=+|-+)\s*$/.test(line)) return `\\${line.trim()}`;
  return neutraliseMarkup(line);
}

/** Deactivates references, tags, comments and entities. Applied to code too, because a forge may parse fences differently. */
function neutraliseMarkup(text: string): string {
  return breakReferences(text)
    .replace(/&(?=#?\w+;)/g, `&${ZERO_WIDTH_SPACE}`)
    .replace(/<(?=[a-z/!?])/gi, `<${ZERO_WIDTH_SPACE}`);
}

function closesFence(mark: string | undefined, openFence: string): boolean {
  return mark !== undefined && mark[0] === openFence[0] && mark.length >= openFence.length;
}

function removeColours(text: string): string {
  const [beginning = '', ...sequences] = text.split('\u001b');
  return beginning + sequences.map((part) => part.replace(/^\[[0-9;?]*[A-Za-z]/, '')).join('');
}
