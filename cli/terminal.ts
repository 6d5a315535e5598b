import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, createUsageError, EXIT } from './cli-error.ts';
import type { Host } from './host.ts';
import type { Line } from './render/layout/line.ts';
import { renderLines } from './render/layout/line.ts';
import { cleanText } from './render/layout/text.ts';

/** Maximum width of rendered lines, even in a wider window: longer lines are hard to read. */
const MAX_COLUMNS = 100;

/** Output and input of commands. Results go to stdout, notes and questions to stderr. */
export type Terminal = {
  /** True if stdout carries only JSON. */
  readonly isJson: boolean;
  /** Columns for rendered lines, at most 100. */
  readonly width: number;
  /** True if a person can answer: stdin and stdout are terminals, and the output is not JSON. */
  readonly isInteractive: boolean;
  printLines(lines: readonly Line[]): void;
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
export function createTerminal(host: Host, isJson: boolean): Terminal {
  const { stdin, stdout, stderr } = host;
  const isAtTerminal = stdin.isTTY === true && stdout.isTTY === true;
  return {
    isJson,
    width: Math.min(MAX_COLUMNS, stdout.columns ?? MAX_COLUMNS),
    isInteractive: isAtTerminal && !isJson,
    printLines: (lines) => writeLines(stdout, lines, usesColour(host, stdout)),
    printJson(value, layout = 'document') {
      stdout.write(`${formatSafeJson(value, layout === 'document' ? 2 : 0)}\n`);
    },
    printRaw(text) {
      const printed = stdout.isTTY === true ? cleanText(text) : text;
      stdout.write(printed.endsWith('\n') ? printed : `${printed}\n`);
    },
    printNotes: (lines) => writeLines(stderr, lines, usesColour(host, stderr)),
    ask: (question) => askWithEcho(host, question),
    askSecret: (question) => askWithoutEcho(host, question),
    readStdin: () => readStdinText(host),
  };
}

/** Tells whether output to a stream has colours: only on a terminal, and neither with NO_COLOR nor on a dumb terminal. */
export function usesColour(host: Host, stream: { readonly isTTY?: boolean }): boolean {
  const noColor = host.env.NO_COLOR;
  if (noColor !== undefined && noColor !== '') return false;
  return stream.isTTY === true && host.env.TERM !== 'dumb';
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
