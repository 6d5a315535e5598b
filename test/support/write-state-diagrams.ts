import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderStateDocument } from './state-diagrams.ts';

// `npm run docs:states` writes docs/states.md.

const path = fileURLToPath(new URL('../../docs/states.md', import.meta.url));
await writeFile(path, renderStateDocument());
console.log('wrote docs/states.md');
