import { createWriteStream } from 'node:fs';

/** Creates a function that appends a line to a file of mode 600. In the cloud, functions write to their console instead. */
export function createLogFile(path: string): (line: string) => void {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  return (line) => {
    stream.write(`${line}\n`);
  };
}
