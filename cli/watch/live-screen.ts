import type { OutputStream } from '../host.ts';
import type { Line } from '../render/layout/line.ts';
import { measureLine, renderLines } from '../render/layout/line.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** The part of a terminal, below the earlier output, that is redrawn in place. */
export type LiveScreen = {
  readonly columns: number;
  readonly rows: number;
  /** Replaces the last frame in a single write, so that nothing flickers. */
  draw(lines: readonly Line[]): void;
  /** Ends the live screen: keeps or erases the last frame and shows the cursor again. */
  close(options: { readonly keepFrame: boolean }): void;
};

/** Opens a live screen; the first frame appears below the earlier output. */
export function openLiveScreen(stream: OutputStream, colour: boolean): LiveScreen {
  let drawnLines: readonly Line[] = [];
  let lastFrame = '';
  let isCursorHidden = false;

  function getColumns(): number {
    return Math.max(20, stream.columns || 80);
  }
  /** Returns the sequence that moves the cursor to the top of the frame. In a narrowed window, a drawn line takes several rows. */
  function formatMoveToTop(): string {
    const rows = drawnLines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(measureLine(line) / getColumns())),
      0,
    );
    return rows === 0 ? '' : `\u001b[${rows}A\r`;
  }

  return {
    get columns() {
      return getColumns();
    },
    get rows() {
      return Math.max(6, stream.rows || 24);
    },
    draw(lines) {
      // The last row stays free for the cursor.
      const visibleLines = lines.slice(0, Math.max(1, (stream.rows || 24) - 1));
      const texts = renderLines(visibleLines, { colour, columns: getColumns() - 1 });
      const frame = texts.map((text) => `${text}${CLEAR_LINE}\n`).join('');
      if (frame === lastFrame) return;
      const hideCursor = isCursorHidden ? '' : HIDE_CURSOR;
      stream.write(`${hideCursor}${formatMoveToTop()}${frame}${CLEAR_BELOW}`);
      isCursorHidden = true;
      lastFrame = frame;
      drawnLines = texts.map((text) => [text]);
    },
    close({ keepFrame }) {
      const erase = keepFrame ? '' : `${formatMoveToTop()}${CLEAR_BELOW}`;
      if (isCursorHidden) stream.write(`${erase}${SHOW_CURSOR}`);
      drawnLines = [];
      lastFrame = '';
      isCursorHidden = false;
    },
  };
}
