import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Standard output or standard error, which may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
/** Standard input, which may be a terminal. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** Environment, folders, streams and clock of the process that runs a command. Tests pass their own host. */
export type Host = {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Epoch milliseconds. */
  now(): number;
  /** Calls the handler on SIGINT (Ctrl-C) or SIGTERM instead of ending the process. The returned function removes the handler. */
  onInterrupt(handler: () => void): () => void;
  /** Opens a page in the browser of the person; does nothing where no program opens pages. */
  openBrowser(url: string): void;
};

/** Creates the host of this process. */
export function createProcessHost(): Host {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    onInterrupt(handler) {
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
    openBrowser,
  };
}

function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  // The command has printed the URL, so a machine without a browser needs no error.
  child.on('error', () => {});
  child.unref();
}
