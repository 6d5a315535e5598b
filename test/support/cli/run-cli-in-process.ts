import { PassThrough, Readable } from 'node:stream';
import type { Environment, Host, InputStream, OutputStream } from '../../../cli/host.ts';
import { runCli } from '../../../cli/run-cli.ts';

// Runs the command line in this process, with a separate home folder, working folder and streams.

/** Exit code and output of a run. */
export type CliRun = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** URLs that the command opened in a browser. */
  readonly openedUrls: readonly string[];
};

/** Environment and input of a run. */
export type CliOptions = {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly home?: string;
  readonly stdin?: string;
  /** Makes stdin and stdout terminals. A text is typed when its pattern `when` appears in the output; an empty list types nothing. */
  readonly typed?: readonly { readonly when: RegExp; readonly text: string }[];
  /** Presses Ctrl-C when the pattern appears in the output. */
  readonly interruptAt?: RegExp;
  readonly now?: () => number;
  /** Columns of the terminal; default 100. */
  readonly columns?: number;
};

/** Default home and working folder: a test that needs a real folder creates one. */
const MISSING_FOLDER = '/nonexistent/smol-gang';

/** Runs a command line and collects its output. */
export async function runCliInProcess(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliRun> {
  const hasTerminal = options.typed !== undefined;
  const home = options.home ?? MISSING_FOLDER;
  const input = hasTerminal ? new PassThrough() : Readable.from([options.stdin ?? '']);
  const interrupts = new Set<() => void>();
  let unansweredOutput = '';
  const typed = [...(options.typed ?? [])];
  function handleOutput(text: string): void {
    unansweredOutput += text;
    const nextInput = typed[0];
    if (nextInput?.when.test(unansweredOutput) === true && input instanceof PassThrough) {
      typed.shift();
      unansweredOutput = '';
      input.write(nextInput.text);
    }
    if (options.interruptAt?.test(unansweredOutput) === true)
      for (const handler of interrupts) handler();
  }
  const out = createOutputCollector(hasTerminal, options.columns ?? 100, handleOutput);
  const err = createOutputCollector(hasTerminal, options.columns ?? 100, handleOutput);
  const openedUrls: string[] = [];
  const host: Host = {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      NO_COLOR: '1',
      SMOL_GANG_ENV_FILE: '',
      ...options.env,
    },
    cwd: options.cwd ?? home,
    home,
    stdin: Object.assign<Readable, Partial<InputStream>>(input, { isTTY: hasTerminal }),
    stdout: out.output,
    stderr: err.output,
    now: options.now ?? Date.now,
    onInterrupt(handler) {
      interrupts.add(handler);
      return () => interrupts.delete(handler);
    },
    openBrowser: (url) => openedUrls.push(url),
  };
  const code = await runCli(args, host);
  return { code, out: out.getText(), err: err.getText(), openedUrls };
}

function createOutputCollector(isTTY: boolean, columns: number, onOutput: (text: string) => void) {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.setEncoding('utf8');
  const output: OutputStream = Object.assign(stream, { isTTY, columns, rows: 40 });
  const write = stream.write.bind(stream);
  stream.write = (chunk: string) => {
    chunks.push(String(chunk));
    onOutput(String(chunk));
    return write(chunk);
  };
  stream.resume();
  return { output, getText: () => chunks.join('') };
}
