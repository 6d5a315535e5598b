import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileFacts } from './facts.ts';
import { scanFile } from './scan-file.ts';

const INCLUDED = [
  '{core,adapters,functions,agent,cli,local,stacks,web,packages,test,bench}/**/*.{ts,tsx}',
  '*.ts',
];
/** The sample repository of the demo, on which agents work, is not code of the project. */
const EXCLUDED = ['**/node_modules/**', 'local/sample/**', 'local/model/work/**'];

/** Reads and scans all files of the project; takes about two seconds. */
export function scanProject(root: string): FileFacts[] {
  return globSync(INCLUDED, { cwd: root, exclude: EXCLUDED })
    .toSorted()
    .map((path) => scanFile(path, readFileSync(join(root, path), 'utf8')));
}
