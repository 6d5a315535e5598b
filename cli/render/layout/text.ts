// Agents, models and repositories produce the text that the command prints. Characters that could move the cursor, colour the
// screen, set the window title or reorder letters are removed before any text is measured or printed.

const ESCAPE_SEQUENCES = new RegExp(
  [
    // Control strings such as window titles (OSC, DCS, SOS, PM, APC), up to the terminator or else to the end of the text.
    '(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d\\u009e\\u009f])[\\s\\S]*?(?:\\u0007|\\u001b\\\\|\\u009c|$)',
    // Control sequences such as colours (CSI); on the next line, all other escape sequences.
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?',
    '\\u001b[ -/]*[0-~]?',
  ].join('|'),
  'g',
);
const CONTROLS = /(?![\n\t])\p{Cc}/gu;
/** Bidirectional overrides and isolates, line and paragraph separators, zero-width characters. */
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Removes escape sequences, control characters and invisible characters; keeps line breaks and tabs. */
export function cleanText(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCES, '')
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, '')
    .replace(INVISIBLE, '');
}

/** Cleans a text and joins its lines with spaces. Repeated spaces stay, because they align columns. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/[\n\t]+/g, ' ');
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE_LETTER =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2})/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]*$/u;
const PLAIN_ASCII = /^[\u0020-\u007e]*$/;

/** Returns the width of a cleaned text in terminal columns. */
export function measureWidth(text: string): number {
  if (PLAIN_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += measureGrapheme(segment);
  return width;
}

function measureGrapheme(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE_LETTER.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}

/** Cuts a text to `width` columns; a cut text ends with an ellipsis. */
export function truncateText(text: string, width: number): string {
  if (measureWidth(text) <= width) return text;
  if (width <= 0) return '';
  let keptText = '';
  let remainingWidth = width - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    remainingWidth -= measureGrapheme(segment);
    if (remainingWidth < 0) break;
    keptText += segment;
  }
  return `${keptText.trimEnd()}…`;
}

/** Pads a text with spaces at its end. */
export function padTextEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - measureWidth(text)));
}

/** Pads a text with spaces at its start. */
export function padTextStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - measureWidth(text))) + text;
}

/** Wraps a text into lines of at most `width` columns; a word that is longer than `width` gets a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of cleanText(text).split('\n')) {
    let line = '';
    for (const word of paragraph.split(/[ \t]+/)) {
      const extendedLine = line === '' ? word : `${line} ${word}`;
      if (line !== '' && measureWidth(extendedLine) > width) {
        lines.push(line);
        line = word;
      } else {
        line = extendedLine;
      }
    }
    lines.push(line);
  }
  return lines;
}
