// Runs all tests in one process, because `node --test` starts a process for each file, which takes longer.

import { readdirSync } from 'node:fs';

const folder = new URL('./test/', import.meta.url);
for (const file of readdirSync(folder)) {
  if (file.endsWith('.test.js')) await import(new URL(file, folder).href);
}
