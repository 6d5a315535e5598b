import { z } from 'zod';
import type { ReadText } from './exploration.ts';
import { oneLine, plainText } from './plain-text.ts';
import { baseName } from './stack.ts';

const optional = z.unknown().optional();
const names = z.record(z.string(), z.unknown()).catch({});
const packageSchema = z.object({
  name: optional,
  type: optional,
  engines: optional,
  workspaces: optional,
  scripts: optional,
  dependencies: optional,
  devDependencies: optional,
});

/** Of a package.json what a planner needs; of other manifests the beginning. */
export function condenseManifest(manifest: ReadText, maxChars: number): ReadText {
  const path = oneLine(manifest.path, 200);
  const text =
    baseName(manifest.path) === 'package.json' ? condensePackage(manifest.text) : manifest.text;
  return { path, text: plainText(text, maxChars) };
}

function condensePackage(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const parsed = packageSchema.safeParse(value);
  if (!parsed.success) return text;
  return JSON.stringify({
    ...parsed.data,
    dependencies: Object.keys(names.parse(parsed.data.dependencies)),
    devDependencies: Object.keys(names.parse(parsed.data.devDependencies)),
  });
}
