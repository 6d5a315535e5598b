import { PassThrough, Readable } from 'node:stream';
import type { Environment, Host, Keyboard, Screen } from '../../../cli/host.ts';
import { runCli } from '../../../cli/run-cli.ts';

// Runs the command line in this process, with a home, a folder and streams of its own.

export type CliRun = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
};

export type CliOptions = {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly home?: string;
  readonly stdin?: string;
  /** A person sits there: stdin and stdout are terminals, and what is typed comes when it is asked for. */
  readonly typed?: readonly { readonly when: RegExp; readonly text: string }[];
  /** Ctrl-C when this shows on stdout. */
  readonly interruptAt?: RegExp;
  readonly now?: () => number;
};

/** Where nothing is: a test that needs a home or a folder makes one. */
const MISSING_FOLDER = '/nonexistent/smol-gang';

export async function runCliInProcess(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliRun> {
  const isPerson = options.typed !== undefined;
  const home = options.home ?? MISSING_FOLDER;
  const keyboard = isPerson ? new PassThrough() : Readable.from([options.stdin ?? '']);
  const interrupts = new Set<() => void>();
  let shown = '';
  const typed = [...(options.typed ?? [])];
  function look(text: string): void {
    shown += text;
    const next = typed[0];
    if (next?.when.test(shown) === true && keyboard instanceof PassThrough) {
      typed.shift();
      shown = '';
      keyboard.write(next.text);
    }
    if (options.interruptAt?.test(shown) === true) for (const handler of interrupts) handler();
  }
  const out = createCollector(isPerson, look);
  const err = createCollector(isPerson, look);
  const host: Host = {
    env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1', ...options.env },
    cwd: options.cwd ?? home,
    home,
    stdin: Object.assign<Readable, Partial<Keyboard>>(keyboard, { isTTY: isPerson }),
    stdout: out.screen,
    stderr: err.screen,
    now: options.now ?? Date.now,
    onInterrupt(handler) {
      interrupts.add(handler);
      return () => interrupts.delete(handler);
    },
  };
  const code = await runCli(args, host);
  return { code, out: out.text(), err: err.text() };
}

function createCollector(isTTY: boolean, look: (text: string) => void) {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.setEncoding('utf8');
  const screen: Screen = Object.assign(stream, { isTTY, columns: 100, rows: 40 });
  const write = stream.write.bind(stream);
  stream.write = (chunk: string) => {
    chunks.push(String(chunk));
    look(String(chunk));
    return write(chunk);
  };
  stream.resume();
  return { screen, text: () => chunks.join('') };
}
