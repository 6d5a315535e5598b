import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';

/** Time without an attempt to open the file after an error, in milliseconds. */
export const REOPEN_AFTER_MS = 30_000;
/** Minimum time between two reports of lost lines, in milliseconds. */
export const REPORT_EVERY_MS = 60_000;

/** Clock and output of a log file. */
export type LogFileOptions = {
  /** Returns epoch milliseconds; default: the system clock. */
  readonly now?: () => number;
  /** Receives reports of lost lines; default: standard error. */
  readonly report?: (text: string) => void;
};

/**
 * Creates a function that appends lines to a log file, which only its owner can read. Lines are lost while the file cannot be
 * written, for example on a full disk; the function never throws, because a missing log must not stop the platform.
 */
export function createLogFile(path: string, options: LogFileOptions = {}): (line: string) => void {
  const file = new LogFile(path, options);
  return (line) => file.append(line);
}

class LogFile {
  readonly #path: string;
  readonly #now: () => number;
  readonly #report: (text: string) => void;
  #stream: WriteStream | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #lostLines = 0;

  constructor(path: string, { now = Date.now, report = console.error }: LogFileOptions) {
    this.#path = path;
    this.#now = now;
    this.#report = report;
    this.#stream = this.#open();
  }

  append(line: string): void {
    if (this.#stream === undefined && this.#now() - this.#failedAt >= REOPEN_AFTER_MS) {
      this.#stream = this.#open();
    }
    if (this.#stream === undefined) this.#lostLines += 1;
    else {
      this.#stream.write(`${line}\n`, (error) => {
        if (error) this.#lostLines += 1;
      });
    }
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: 0o600 });
    stream.on('error', (error) => {
      this.#stream = undefined;
      this.#failedAt = this.#now();
      if (this.#failedAt - this.#reportedAt < REPORT_EVERY_MS) return;
      this.#reportedAt = this.#failedAt;
      this.#report(
        `smol-gang: the log ${this.#path} cannot be written (${error.message}); ${this.#lostLines} lines lost so far. The platform goes on without this log and opens the file again every ${REOPEN_AFTER_MS / 1_000} s.`,
      );
    });
    return stream;
  }
}
