import type { FunctionExemption } from './limits.ts';
import { FUNCTION_EXEMPTIONS, LIMITS } from './limits.ts';
import type { Measure } from './measure.ts';
import { countMeasure, finding, quantile } from './measure.ts';
import type { FileFacts, FunctionFact, Group } from './scan/facts.ts';

type Placed = { readonly file: FileFacts; readonly fact: FunctionFact };

/** Measures the lengths of functions and files. */
export function measureSize(
  files: readonly FileFacts[],
  exemptions: readonly FunctionExemption[] = FUNCTION_EXEMPTIONS,
): Measure[] {
  return [
    longFunctions(files, exemptions),
    longFiles(files),
    spread('function-lines', 'lines of a named function in the source', functionLengths(files)),
    spread('file-lines-source', 'lines of a file, source', fileLengths(files, 'source')),
    spread('file-lines-tests', 'lines of a file, tests', fileLengths(files, 'tests')),
  ];
}

function longFunctions(
  files: readonly FileFacts[],
  exemptions: readonly FunctionExemption[],
): Measure {
  const long = files
    .flatMap((file) => file.functions.map((fact): Placed => ({ file, fact })))
    .filter(({ fact }) => !fact.isSuite && fact.lines > LIMITS.functionLines);
  const isExempt = ({ file, fact }: Placed): boolean =>
    exemptions.some(({ path, name }) => path === file.path && name === fact.name);
  const unused = exemptions.filter(
    ({ path, name }) => !long.some(({ file, fact }) => file.path === path && fact.name === name),
  );
  const found = [
    ...long
      .filter((placed) => !isExempt(placed))
      .map(({ file, fact }) => finding(file, fact.line, `${fact.name} has ${fact.lines} lines`)),
    ...unused.map(({ path, name }) => `${path}: ${name} is exempt from the limit and not above it`),
  ];
  return countMeasure(
    'long-functions',
    `functions above ${LIMITS.functionLines} lines (${exemptions.length} exempt)`,
    found,
  );
}

function longFiles(files: readonly FileFacts[]): Measure {
  const long = files.filter(({ lines }) => lines > LIMITS.fileLines);
  return countMeasure(
    'long-files',
    `files above ${LIMITS.fileLines} lines`,
    long.map((file) => finding(file, 1, `${file.lines} lines`)),
  );
}

function spread(id: string, title: string, values: readonly number[]): Measure {
  const [median, p90, max] = [0.5, 0.9, 1].map((share) => quantile(values, share));
  return {
    id,
    title,
    value: `median ${median}, p90 ${p90}, max ${max}`,
    isBroken: false,
    findings: [],
  };
}

function functionLengths(files: readonly FileFacts[]): number[] {
  return files
    .filter(({ group }) => group === 'source')
    .flatMap(({ functions }) => functions)
    .filter(({ isNamed }) => isNamed)
    .map(({ lines }) => lines);
}

function fileLengths(files: readonly FileFacts[], group: Group): number[] {
  return files.filter((file) => file.group === group).map(({ lines }) => lines);
}
