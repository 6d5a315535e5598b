import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createOpenApiDocument } from '../functions/http/create-openapi-document.ts';
import { VERSION } from '../functions/version.ts';

// Second part of `npm run build`: writes the OpenAPI description of the API, from which tools generate clients and
// documentation.

const path = fileURLToPath(new URL('../dist/openapi.json', import.meta.url));
await mkdir(fileURLToPath(new URL('../dist/', import.meta.url)), { recursive: true });
await writeFile(path, `${JSON.stringify(createOpenApiDocument(VERSION), null, 2)}\n`);
console.log('wrote dist/openapi.json');
