import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import { HANDLERS, toFunctionId } from '../core/topology/handlers.ts';
import { createBundleOptions } from './bundle-options.ts';

// `node bundle.ts <folder>` bundles every handler as in the deployment, into `<folder>/<function>/index.mjs`, and writes the
// sizes of all parts to `<folder>/bundles.json`.

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('missing argument; usage: node bundle.ts <folder>');

await mkdir(folder, { recursive: true });
const bundles = [];
for (const handler of HANDLERS) bundles.push(await bundleHandler(handler, folder));
await writeFile(join(folder, 'bundles.json'), `${JSON.stringify(bundles, null, 2)}\n`);

async function bundleHandler(handler: string, outputFolder: string) {
  const id = toFunctionId(handler);
  const file = join(outputFolder, id, 'index.mjs');
  const { metafile } = await build(createBundleOptions(ROOT, handler, file));
  const code = await readFile(file);
  return {
    id,
    handler,
    file,
    bytes: code.length,
    gzipBytes: gzipSync(code).length,
    parts: countPartBytes(metafile),
  };
}

/** Counts the bytes of a bundle by npm package and by project file. */
function countPartBytes(metafile: Metafile | undefined): Record<string, number> {
  const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) =>
    Object.entries(output.inputs),
  );
  const parts: Record<string, number> = {};
  for (const [path, { bytesInOutput }] of inputs) {
    if (bytesInOutput === 0) continue;
    const part = findPackageName(path) ?? path;
    parts[part] = (parts[part] ?? 0) + bytesInOutput;
  }
  return parts;
}

function findPackageName(path: string): string | undefined {
  const packagePath = path.split('node_modules/').slice(1).at(-1);
  if (packagePath === undefined) return undefined;
  const segments = packagePath.split('/');
  return segments.slice(0, packagePath.startsWith('@') ? 2 : 1).join('/');
}
