import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Screen = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
export type Keyboard = Readable & { readonly isTTY?: boolean };

/** The process around the command: the one place that a test replaces. */
export type Host = {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  readonly stdin: Keyboard;
  readonly stdout: Screen;
  readonly stderr: Screen;
  now(): number;
  /** Calls back on Ctrl-C instead of ending the process, until the answered function is called. */
  onInterrupt(handler: () => void): () => void;
};

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
  };
}
