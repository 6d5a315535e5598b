import { cleanLine, measureWidth, truncateText } from './text.ts';

// Renderers answer lines of spans; only here do they become bytes. So nothing reaches a terminal uncleaned, and a renderer
// does not know whether there are colours.

export type Style = 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'live' | 'accent';
export type Span = string | { readonly text: string; readonly style: Style };
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

export type OutputFormat = {
  readonly colour: boolean;
  /** Longer lines are cut; absent: they are left to the terminal, so that commands can be copied whole. */
  readonly columns?: number;
};

export function styleSpan(style: Style, text: string): Span {
  return { text, style };
}

export function getSpanText(span: Span): string {
  return cleanLine(typeof span === 'string' ? span : span.text);
}

export function measureLine(line: Line): number {
  return line.reduce((width, span) => width + measureWidth(getSpanText(span)), 0);
}

export function renderLine(line: Line, paper: OutputFormat): string {
  let room = paper.columns ?? Number.POSITIVE_INFINITY;
  const cut = measureLine(line) > room;
  let text = '';
  for (const span of line) {
    if (room <= 0) break;
    const whole = getSpanText(span);
    const width = measureWidth(whole);
    const isLast = cut && width >= room;
    const shown = isLast ? truncateText(`${whole}……`, room) : whole;
    text += typeof span === 'string' || !paper.colour ? shown : paintText(span.style, shown);
    room -= width;
  }
  return paper.colour ? text : text.trimEnd();
}

export function renderLines(lines: readonly Line[], paper: OutputFormat): string[] {
  return lines.map((line) => renderLine(line, paper));
}

function paintText(style: Style, text: string): string {
  return text === '' ? '' : `\u001b[${SGR_CODES[style]}m${text}\u001b[0m`;
}

/** `left` and `right` at the two ends of `width` columns; `left` gives way. */
export function justifyLine(left: Line, right: Line, width: number): Line {
  const gap = width - measureLine(left) - measureLine(right);
  if (gap >= 2) return [...left, ' '.repeat(gap), ...right];
  return [...cutLine(left, width - measureLine(right) - 2), '  ', ...right];
}

function cutLine(line: Line, width: number): Span[] {
  const cut: Span[] = [];
  let room = width;
  for (const span of line) {
    if (room <= 0) break;
    const text = truncateText(getSpanText(span), room);
    cut.push(typeof span === 'string' ? text : { text, style: span.style });
    room -= measureWidth(text);
  }
  return cut;
}
