import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The entries of a file; none when there is no such file. */
export function loadEntries(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Object.freeze(JSON.parse(line)));
}

/** Whole or not at all. */
export function saveEntries(path, entries) {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
