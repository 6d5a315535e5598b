import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderEnvExample, replaceConfigTable } from './config-table.ts';

// `npm run docs:config` updates the tables of configuration variables in docs/operations.md, and .env.example.

const path = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
await writeFile(path, replaceConfigTable(await readFile(path, 'utf8')));
await writeFile(fileURLToPath(new URL('../../.env.example', import.meta.url)), renderEnvExample());
console.log('wrote docs/operations.md and .env.example');
