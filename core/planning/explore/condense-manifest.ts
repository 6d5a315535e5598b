import { z } from 'zod';
import { parseJson } from '../../base/parse-json.ts';
import { toOneLine, toPlainText } from '../../base/safe-text.ts';
import type { ReadText } from './exploration.ts';
import { getBaseName } from './stack.ts';

const optionalSchema = z.unknown().optional();
const namesSchema = z.record(z.string(), z.unknown()).catch({});
const packageSchema = z.object({
  name: optionalSchema,
  type: optionalSchema,
  engines: optionalSchema,
  workspaces: optionalSchema,
  scripts: optionalSchema,
  dependencies: optionalSchema,
  devDependencies: optionalSchema,
});

/** Reduces a package.json to the fields that a planner needs, and shortens any manifest to `maxChars`. */
export function condenseManifest(manifest: ReadText, maxChars: number): ReadText {
  const path = toOneLine(manifest.path, 200);
  const text =
    getBaseName(manifest.path) === 'package.json' ? condensePackage(manifest.text) : manifest.text;
  return { path, text: toPlainText(text, maxChars) };
}

function condensePackage(text: string): string {
  const parsed = packageSchema.safeParse(parseJson(text));
  if (!parsed.success) return text;
  return JSON.stringify({
    ...parsed.data,
    dependencies: Object.keys(namesSchema.parse(parsed.data.dependencies)),
    devDependencies: Object.keys(namesSchema.parse(parsed.data.devDependencies)),
  });
}
