import { parseSync } from 'rolldown/utils';
import type { FileFacts } from './facts.ts';
import { scanComments } from './scan-comments.ts';
import { scanExports } from './scan-exports.ts';
import { scanFunctions } from './scan-functions.ts';
import { scanImports } from './scan-imports.ts';
import { scanMembers } from './scan-members.ts';
import { scanNames } from './scan-names.ts';
import { scanTitles } from './scan-titles.ts';
import type { Syntax } from './syntax.ts';

/** Parses a file and collects its facts; `path` is relative to the root of the project. */
export function scanFile(path: string, text: string): FileFacts {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const lineOf = createLineIndex(text);
  const syntax: Syntax = { path, text, program, comments, lineOf };
  const isTest = path.endsWith('.test.ts');
  return {
    path,
    group: isTest || /^(?:test|bench)\//.test(path) ? 'tests' : 'source',
    isTest,
    lines: text.split('\n').length - 1,
    comments: scanComments(syntax),
    titles: scanTitles(syntax),
    functions: scanFunctions(syntax),
    exports: scanExports(syntax),
    imports: scanImports(syntax),
    names: scanNames(syntax),
    members: scanMembers(syntax),
  };
}

/** Returns a function that finds the line of an offset; lines count from 1. */
function createLineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1))
    starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
