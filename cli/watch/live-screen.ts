import type { Screen } from '../host.ts';
import type { Line } from '../render/layout/line.ts';
import { measureLine, renderLines } from '../render/layout/line.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export type LiveScreen = {
  readonly columns: number;
  readonly rows: number;
  /** Puts a frame in the place of the last one, in one write. */
  draw(lines: readonly Line[]): void;
  /** Leaves the last frame, or nothing, and gives the cursor back. */
  close(keep: 'keep' | 'erase'): void;
};

/** A part of a terminal that is drawn over and over, below what was printed before. */
export function openLiveScreen(screen: Screen, colour: boolean): LiveScreen {
  let drawn: readonly Line[] = [];
  let last = '';
  let isHidden = false;

  function columns(): number {
    return Math.max(20, screen.columns ?? 80);
  }
  /** After the window became narrower, lines that fitted take two rows. */
  function backToTop(): string {
    const rows = drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(Math.min(measureLine(line), 400) / columns())),
      0,
    );
    return rows === 0 ? '' : `\u001b[${rows}A\r`;
  }

  return {
    get columns() {
      return columns();
    },
    get rows() {
      return Math.max(6, screen.rows ?? 24);
    },
    draw(lines) {
      // The last row stays free: the cursor stands there.
      const fitting = lines.slice(0, Math.max(1, (screen.rows ?? 24) - 1));
      const texts = renderLines(fitting, { colour, columns: columns() - 1 });
      const frame = texts.map((text) => `${text}${CLEAR_LINE}\n`).join('');
      if (frame === last) return;
      const hide = isHidden ? '' : HIDE_CURSOR;
      screen.write(`${hide}${backToTop()}${frame}${CLEAR_BELOW}`);
      isHidden = true;
      last = frame;
      drawn = fitting.map((_line, index) => [texts[index] ?? '']);
    },
    close(keep) {
      const erase = keep === 'erase' ? `${backToTop()}${CLEAR_BELOW}` : '';
      if (isHidden) screen.write(`${erase}${SHOW_CURSOR}`);
      drawn = [];
      last = '';
      isHidden = false;
    },
  };
}
