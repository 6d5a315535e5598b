import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, createUsageError, EXIT } from './cli-error.ts';
import type { Host } from './host.ts';
import type { Line, Span } from './render/layout/line.ts';
import { renderLine, renderLines } from './render/layout/line.ts';
import type { Column } from './render/layout/render-table.ts';
import { renderTable } from './render/layout/render-table.ts';
import { cleanText } from './render/layout/text.ts';

/** Maximum width of rendered lines, even in a wider window: longer lines are hard to read. */
const MAX_COLUMNS = 100;

/** When output has colours: at a terminal, always or never. */
export type ColourMode = 'auto' | 'always' | 'never';

/** Output and input of commands. Results go to stdout, notes and questions to stderr. */
export type Terminal = {
  /** True if stdout carries only JSON. */
  readonly isJson: boolean;
  /** Columns for rendered lines: at most 100 at a terminal, infinite for a file or a pipe, whose readers need whole lines. */
  readonly width: number;
  /** Columns for help, at most 100. */
  readonly helpWidth: number;
  /** True if stdout is a terminal. */
  readonly isTerminal: boolean;
  /** True if stdout has colours. */
  readonly hasColour: boolean;
  /** True if a person can answer: stdin and stdout are terminals, and the output is not JSON. */
  readonly isInteractive: boolean;
  printLines(lines: readonly Line[]): void;
  /** Prints a table with headers at a terminal, and elsewhere a line of values with tabs between them for each row. */
  printTable(columns: readonly Column[], rows: readonly (readonly Span[])[]): void;
  /** Prints JSON on several lines (`document`, the default) or on a single line, for a stream of values. */
  printJson(value: unknown, layout?: 'document' | 'line'): void;
  /** Prints text for copying or redirecting: unchanged, except that a terminal receives no control characters. */
  printRaw(text: string): void;
  /** Prints notes and errors on stderr. */
  printNotes(lines: readonly Line[]): void;
  /** Asks a person for a line of text. */
  ask(question: string): Promise<string>;
  /** Asks without echo; without a terminal, reads the first line of stdin. */
  askSecret(question: string): Promise<string>;
  readStdin(): Promise<string>;
};

/** Creates the terminal of a process. With `isJson`, commands must print only JSON to stdout. */
export function createTerminal(
  host: Host,
  options: { readonly isJson: boolean; readonly colour?: ColourMode },
): Terminal {
  const { stdin, stdout, stderr } = host;
  const { isJson, colour = 'auto' } = options;
  const isAtTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const helpWidth = getColumns(stdout, MAX_COLUMNS);
  const hasColour = usesColour(host, stdout, colour);
  return {
    isJson,
    width: stdout.isTTY === true ? helpWidth : Number.POSITIVE_INFINITY,
    helpWidth,
    isTerminal: stdout.isTTY === true,
    hasColour,
    isInteractive: isAtTerminal && !isJson,
    printLines: (lines) => writeLines(stdout, lines, hasColour),
    printTable(columns, rows) {
      if (stdout.isTTY === true)
        writeLines(stdout, renderTable(columns, rows, helpWidth), hasColour);
      else for (const row of rows) stdout.write(`${joinWithTabs(row, hasColour)}\n`);
    },
    printJson(value, layout = 'document') {
      stdout.write(`${formatSafeJson(value, layout === 'document' ? 2 : 0)}\n`);
    },
    printRaw(text) {
      const printed = stdout.isTTY === true ? cleanText(text) : text;
      stdout.write(printed.endsWith('\n') ? printed : `${printed}\n`);
    },
    printNotes: (lines) => writeLines(stderr, lines, usesColour(host, stderr, colour)),
    ask: (question) => askWithEcho(host, question),
    askSecret: (question) => askWithoutEcho(host, question),
    readStdin: () => readStdinText(host),
  };
}

/** Returns the columns of a terminal, at most `max`. Some terminals without a window report 0 columns: they count as `max`. */
export function getColumns(stream: { readonly columns?: number }, max: number): number {
  return Math.min(max, stream.columns || max);
}

/**
 * Tells whether output to a stream has colours. Without a choice by --color: not with NO_COLOR, always with FORCE_COLOR or
 * CLICOLOR_FORCE, and otherwise at a terminal that is not dumb.
 */
function usesColour(
  { env }: Host,
  stream: { readonly isTTY?: boolean },
  mode: ColourMode,
): boolean {
  if (mode !== 'auto') return mode === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  for (const name of ['FORCE_COLOR', 'CLICOLOR_FORCE']) {
    const value = env[name] ?? '';
    if (value !== '') return value !== '0' && value !== 'false';
  }
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Joins the cells of a row with tabs. No cell contains a tab or a line break, so that a program can split the line again. */
function joinWithTabs(cells: readonly Span[], colour: boolean): string {
  return cells.map((cell) => renderLine([cell], { colour })).join('\t');
}

function writeLines(stream: Writable, lines: readonly Line[], colour: boolean): void {
  if (lines.length === 0) return;
  stream.write(`${renderLines(lines, { colour }).join('\n')}\n`);
}

/** Formats JSON and escapes control and bidirectional characters, which JSON.stringify keeps and some terminals interpret. */
function formatSafeJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function askWithEcho(host: Host, question: string): Promise<string> {
  const reader = createInterface({ input: host.stdin, output: host.stderr });
  try {
    return await readAnswerLine(reader, question);
  } finally {
    reader.close();
  }
}

async function askWithoutEcho(host: Host, question: string): Promise<string> {
  if (host.stdin.isTTY !== true) {
    const firstLine = (await readStdinText(host)).split(/\r?\n/)[0] ?? '';
    if (firstLine === '')
      throw createUsageError('stdin is empty: pass the password as the first line of stdin');
    return firstLine;
  }
  // readline echoes the typed characters to its output; this output discards them.
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  host.stderr.write(question);
  const reader = createInterface({ input: host.stdin, output: discard, terminal: true });
  try {
    return await readAnswerLine(reader, '');
  } finally {
    reader.close();
    host.stderr.write('\n');
  }
}

function readAnswerLine(
  reader: ReturnType<typeof createInterface>,
  question: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const rejectInterrupted = () =>
      reject(
        new CliError(
          EXIT.interrupted,
          'interrupted',
          'interrupted before the question was answered',
        ),
      );
    reader.once('SIGINT', rejectInterrupted);
    reader.once('close', rejectInterrupted);
    reader.question(question).then(resolve, reject);
  });
}

async function readStdinText(host: Host): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of host.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
