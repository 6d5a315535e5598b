import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openLiveScreen } from './live-screen.ts';

const SEQUENCE_OR_CHARACTER = /(?![\r\n])\p{Cc}\[[?\d]*[A-Za-z]|[\s\S]/gu;

/** Interprets the control sequences of the live screen and holds the visible lines. */
class TinyTerminal extends Writable {
  columns: number;
  rows: number;
  lines: string[] = [''];
  row = 0;
  column = 0;
  isCursorVisible = true;
  writeCount = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.writeCount += 1;
    for (const part of chunk.match(SEQUENCE_OR_CHARACTER) ?? []) this.#readPart(part);
    done();
  }

  #readPart(part: string): void {
    const isUp = part.startsWith('\u001b[') && part.endsWith('A');
    if (isUp) this.row = Math.max(0, this.row - Number(part.slice(2, -1)));
    else if (part === '\r') this.column = 0;
    else if (part === '\n') this.#startLine();
    else if (part === '\u001b[K') this.lines[this.row] = this.#getLine().slice(0, this.column);
    else if (part === '\u001b[J') this.#clearBelow();
    else if (part === '\u001b[?25l') this.isCursorVisible = false;
    else if (part === '\u001b[?25h') this.isCursorVisible = true;
    else this.#putLetter(part);
  }

  #putLetter(letter: string): void {
    if (this.column >= this.columns) this.#startLine();
    const line = this.#getLine().padEnd(this.column);
    this.lines[this.row] = line.slice(0, this.column) + letter + line.slice(this.column + 1);
    this.column += 1;
  }

  #getLine(): string {
    return this.lines[this.row] ?? '';
  }

  #startLine(): void {
    this.row += 1;
    this.column = 0;
    this.lines[this.row] ??= '';
  }

  #clearBelow(): void {
    this.lines = this.lines.slice(0, this.row + 1);
    this.lines[this.row] = this.#getLine().slice(0, this.column);
  }
}

test('a frame replaces a longer and a shorter frame', () => {
  const terminal = new TinyTerminal(40, 20);
  terminal.write('before\n');
  const screen = openLiveScreen(terminal, false);

  screen.draw([['one'], ['two'], ['three']]);
  screen.draw([['ONE']]);
  screen.draw([['a'], ['b']]);

  expect(terminal.lines).toEqual(['before', 'a', 'b', '']);
  expect(terminal.isCursorVisible).toBe(false);
});

test('an unchanged frame is not written again', () => {
  const terminal = new TinyTerminal(40, 20);
  const screen = openLiveScreen(terminal, false);

  screen.draw([['same']]);
  screen.draw([['same']]);

  expect(terminal.writeCount).toBe(1);
});

test('close keeps or erases the frame and shows the cursor', () => {
  for (const [keepFrame, remainingLines] of [
    [false, ['']],
    [true, ['a', '']],
  ] as const) {
    const terminal = new TinyTerminal(40, 20);
    const screen = openLiveScreen(terminal, false);
    screen.draw([['a']]);

    screen.close({ keepFrame });

    expect(terminal.lines).toEqual(remainingLines);
    expect(terminal.isCursorVisible).toBe(true);
  }
});

test('long lines are cut to the width of the window, long frames to its height', () => {
  const terminal = new TinyTerminal(20, 6);
  const screen = openLiveScreen(terminal, false);

  screen.draw(Array.from({ length: 30 }, (_, n) => [`line ${n} ${'x'.repeat(40)}`]));

  expect(terminal.lines).toHaveLength(6);
  expect(Math.max(...terminal.lines.map((line) => line.length))).toBeLessThan(20);
});

test('a frame is replaced completely after the window became narrower', () => {
  const terminal = new TinyTerminal(60, 20);
  const screen = openLiveScreen(terminal, false);
  screen.draw([['x'.repeat(50)], ['y'.repeat(50)]]);
  // A real terminal wraps the visible lines to the new width and moves the cursor.
  terminal.columns = 30;
  terminal.lines = ['x'.repeat(30), 'x'.repeat(20), 'y'.repeat(30), 'y'.repeat(20), ''];
  terminal.row = 4;

  screen.draw([['short']]);

  expect(terminal.lines).toEqual(['short', '']);
});
