import { createWriteStream } from 'node:fs';

/** Creates a function that appends lines to a log file, which only its owner can read. */
export function createLogFile(path: string): (line: string) => void {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  return (line) => {
    stream.write(`${line}\n`);
  };
}
