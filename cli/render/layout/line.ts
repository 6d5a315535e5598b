import { cleanLine, measureWidth, truncateText } from './text.ts';

// Renderers return lines of spans. Only this file turns spans into text, so that no text reaches a terminal uncleaned and no
// renderer depends on colours.

/** Visual style of a span, by meaning. */
export type Style = 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'live' | 'accent';
/** A piece of a line, with or without a style. */
export type Span = string | { readonly text: string; readonly style: Style };
/** A line of output. */
export type Line = readonly Span[];

const SGR_CODES: Readonly<Record<Style, string>> = {
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '31',
  live: '36',
  accent: '35',
};

/** Format of the text that spans become. */
export type OutputFormat = {
  readonly colour: boolean;
  /** Maximum width in terminal columns; longer lines are cut. Absent: lines stay whole, so that commands can be copied. */
  readonly columns?: number;
};

/** Creates a span with a style. */
export function styleSpan(style: Style, text: string): Span {
  return { text, style };
}

/** Returns the cleaned text of a span. */
export function getSpanText(span: Span): string {
  return cleanLine(typeof span === 'string' ? span : span.text);
}

/** Returns the width of a line in terminal columns. */
export function measureLine(line: Line): number {
  return line.reduce((width, span) => width + measureWidth(getSpanText(span)), 0);
}

/** Turns a line into text of the given format. */
export function renderLine(line: Line, format: OutputFormat): string {
  let remainingWidth = format.columns ?? Number.POSITIVE_INFINITY;
  const isTooLong = measureLine(line) > remainingWidth;
  let text = '';
  for (const span of line) {
    if (remainingWidth <= 0) break;
    const fullText = getSpanText(span);
    const width = measureWidth(fullText);
    const mustCut = isTooLong && width >= remainingWidth;
    // The appended text makes truncateText cut a span that fits exactly, so that the line ends with an ellipsis.
    const visibleText = mustCut ? truncateText(`${fullText}……`, remainingWidth) : fullText;
    text +=
      typeof span === 'string' || !format.colour ? visibleText : paintText(span.style, visibleText);
    remainingWidth -= width;
  }
  return format.colour ? text : text.trimEnd();
}

/** Turns lines into texts. */
export function renderLines(lines: readonly Line[], format: OutputFormat): string[] {
  return lines.map((line) => renderLine(line, format));
}

function paintText(style: Style, text: string): string {
  return text === '' ? '' : `\u001b[${SGR_CODES[style]}m${text}\u001b[0m`;
}

/**
 * Puts two parts at the ends of a line of `width` columns. The left part is cut if the line is too short. In a line without limit
 * the right part follows the left part.
 */
export function justifyLine(left: Line, right: Line, width: number): Line {
  if (width === Number.POSITIVE_INFINITY) return [...left, '  ', ...right];
  const gap = width - measureLine(left) - measureLine(right);
  if (gap >= 2) return [...left, ' '.repeat(gap), ...right];
  return [...cutLine(left, width - measureLine(right) - 2), '  ', ...right];
}

function cutLine(line: Line, width: number): Span[] {
  const cutSpans: Span[] = [];
  let remainingWidth = width;
  for (const span of line) {
    if (remainingWidth <= 0) break;
    const text = truncateText(getSpanText(span), remainingWidth);
    cutSpans.push(typeof span === 'string' ? text : { text, style: span.style });
    remainingWidth -= measureWidth(text);
  }
  return cutSpans;
}

/** Joins the sections that have lines, with an empty line between two sections. */
export function joinSections(sections: readonly (readonly Line[])[]): Line[] {
  const lines: Line[] = [];
  for (const section of sections) {
    if (section.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...section);
  }
  return lines;
}
