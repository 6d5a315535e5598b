import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Loads the entries of a file; returns an empty array if the file does not exist. */
export function loadEntries(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Object.freeze(JSON.parse(line)));
}

/** Saves the entries atomically: a crash leaves either the old file or the new file. */
export function saveEntries(path, entries) {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
