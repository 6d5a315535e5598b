import { cleanLine, displayWidth, truncate } from './text.ts';

// Renderers answer lines of spans; only here do they become bytes. So nothing reaches a terminal uncleaned, and a renderer
// does not know whether there are colours.

export type Style = 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'live' | 'accent';
export type Span = string | { readonly text: string; readonly style: Style };
export type Line = readonly Span[];

const SGR: Readonly<Record<Style, string>> = {
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '31',
  live: '36',
  accent: '35',
};

export type Paper = {
  readonly colour: boolean;
  /** Longer lines are cut; absent: they are left to the terminal, so that commands can be copied whole. */
  readonly columns?: number;
};

export function styled(style: Style, text: string): Span {
  return { text, style };
}

export function spanText(span: Span): string {
  return cleanLine(typeof span === 'string' ? span : span.text);
}

export function lineWidth(line: Line): number {
  return line.reduce((width, span) => width + displayWidth(spanText(span)), 0);
}

export function renderLine(line: Line, paper: Paper): string {
  let room = paper.columns ?? Number.POSITIVE_INFINITY;
  const cut = lineWidth(line) > room;
  let text = '';
  for (const span of line) {
    if (room <= 0) break;
    const whole = spanText(span);
    const width = displayWidth(whole);
    const isLast = cut && width >= room;
    const shown = isLast ? truncate(`${whole}……`, room) : whole;
    text += typeof span === 'string' || !paper.colour ? shown : paint(span.style, shown);
    room -= width;
  }
  return paper.colour ? text : text.trimEnd();
}

export function renderLines(lines: readonly Line[], paper: Paper): string[] {
  return lines.map((line) => renderLine(line, paper));
}

function paint(style: Style, text: string): string {
  return text === '' ? '' : `\u001b[${SGR[style]}m${text}\u001b[0m`;
}

/** `left` and `right` at the two ends of `width` columns; `left` gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - lineWidth(left) - lineWidth(right);
  if (gap >= 2) return [...left, ' '.repeat(gap), ...right];
  return [...cutLine(left, width - lineWidth(right) - 2), '  ', ...right];
}

function cutLine(line: Line, width: number): Span[] {
  const cut: Span[] = [];
  let room = width;
  for (const span of line) {
    if (room <= 0) break;
    const text = truncate(spanText(span), room);
    cut.push(typeof span === 'string' ? text : { text, style: span.style });
    room -= displayWidth(text);
  }
  return cut;
}
