// All tests in one process, which is quicker than one for each file as `node --test` does it.

import { readdirSync } from 'node:fs';

const folder = new URL('./test/', import.meta.url);
for (const file of readdirSync(folder)) {
  if (file.endsWith('.test.js')) await import(new URL(file, folder).href);
}
