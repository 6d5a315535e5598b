import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, createUsageError, EXIT } from './cli-error.ts';
import type { Host } from './host.ts';
import type { Line } from './render/layout/line.ts';
import { renderLines } from './render/layout/line.ts';
import { cleanText } from './render/layout/text.ts';

/** Wider than this a line is hard to read, however wide the window. */
const MAX_COLUMNS = 100;

/** What commands print with and ask through. Results go to stdout, everything said on the side to stderr. */
export type Terminal = {
  /** stdout is JSON only. */
  readonly isJson: boolean;
  readonly width: number;
  /** stdin and stdout are a person's. */
  readonly isInteractive: boolean;
  printLines(lines: readonly Line[]): void;
  /** The one JSON document of a command, or one line of a stream. */
  printJson(value: unknown, layout?: 'document' | 'line'): void;
  /** Text as it is, for files and to be copied whole; on a terminal without what could take it over. */
  printRaw(text: string): void;
  printNotes(lines: readonly Line[]): void;
  ask(question: string): Promise<string>;
  /** Without echo on a terminal; the first line of stdin otherwise. */
  askSecret(question: string): Promise<string>;
  readStdin(): Promise<string>;
};

export function createTerminal(host: Host, json: boolean): Terminal {
  const { stdin, stdout, stderr } = host;
  const interactive = stdin.isTTY === true && stdout.isTTY === true;
  return {
    isJson: json,
    width: Math.min(MAX_COLUMNS, stdout.columns ?? MAX_COLUMNS),
    isInteractive: interactive && !json,
    printLines: (lines) => writeLines(stdout, lines, usesColour(host, stdout)),
    printJson(value, layout = 'document') {
      stdout.write(`${formatSafeJson(value, layout === 'document' ? 2 : 0)}\n`);
    },
    printRaw(text) {
      const shown = stdout.isTTY === true ? cleanText(text) : text;
      stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    printNotes: (lines) => writeLines(stderr, lines, usesColour(host, stderr)),
    ask: (question) => askWithEcho(host, question),
    askSecret: (question) => askWithoutEcho(host, question),
    readStdin: () => readStdinText(host),
  };
}

export function usesColour(host: Host, screen: { readonly isTTY?: boolean }): boolean {
  const refused = host.env.NO_COLOR;
  if (refused !== undefined && refused !== '') return false;
  return screen.isTTY === true && host.env.TERM !== 'dumb';
}

function writeLines(screen: Writable, lines: readonly Line[], colour: boolean): void {
  if (lines.length === 0) return;
  screen.write(`${renderLines(lines, { colour }).join('\n')}\n`);
}

/** JSON leaves C1 controls as they are, and some terminals obey them. */
function formatSafeJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function askWithEcho(host: Host, question: string): Promise<string> {
  const lines = createInterface({ input: host.stdin, output: host.stderr });
  try {
    return await readAnswerLine(lines, question);
  } finally {
    lines.close();
  }
}

async function askWithoutEcho(host: Host, question: string): Promise<string> {
  if (host.stdin.isTTY !== true) {
    const first = (await readStdinText(host)).split(/\r?\n/)[0] ?? '';
    if (first === '') throw createUsageError('the password is read from stdin, which was empty');
    return first;
  }
  // readline echoes what is typed to its output: give it one that keeps nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  host.stderr.write(question);
  const lines = createInterface({ input: host.stdin, output: nowhere, terminal: true });
  try {
    return await readAnswerLine(lines, '');
  } finally {
    lines.close();
    host.stderr.write('\n');
  }
}

function readAnswerLine(
  lines: ReturnType<typeof createInterface>,
  question: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new CliError(EXIT.interrupted, 'interrupted', 'interrupted'));
    lines.once('SIGINT', stop);
    lines.once('close', stop);
    lines.question(question).then(resolve, reject);
  });
}

async function readStdinText(host: Host): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of host.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
