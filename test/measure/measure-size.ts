import type { FunctionExemption } from './limits.ts';
import { FUNCTION_EXEMPTIONS, LIMITS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeQuantile, createCountMeasure, formatFinding } from './measure.ts';
import type { FileFacts, FunctionFact, Group } from './scan/facts.ts';

/** A function with its file. */
type LocatedFunction = { readonly file: FileFacts; readonly fact: FunctionFact };

/** Measures the lengths of functions and files. */
export function measureSize(
  files: readonly FileFacts[],
  exemptions: readonly FunctionExemption[] = FUNCTION_EXEMPTIONS,
): Measure[] {
  return [
    measureLongFunctions(files, exemptions),
    measureLongFiles(files),
    createSpreadMeasure(
      'function-lines',
      'lines of a named function in the source',
      listFunctionLengths(files),
    ),
    createSpreadMeasure(
      'file-lines-source',
      'lines of a file, source',
      listFileLengths(files, 'source'),
    ),
    createSpreadMeasure(
      'file-lines-tests',
      'lines of a file, tests',
      listFileLengths(files, 'tests'),
    ),
  ];
}

function measureLongFunctions(
  files: readonly FileFacts[],
  exemptions: readonly FunctionExemption[],
): Measure {
  const longFunctions = files
    .flatMap((file) => file.functions.map((fact): LocatedFunction => ({ file, fact })))
    .filter(({ fact }) => !fact.isSuite && fact.lines > LIMITS.functionLines);
  const isExempt = ({ file, fact }: LocatedFunction): boolean =>
    exemptions.some(({ path, name }) => path === file.path && name === fact.name);
  const unusedExemptions = exemptions.filter(
    ({ path, name }) =>
      !longFunctions.some(({ file, fact }) => file.path === path && fact.name === name),
  );
  const findings = [
    ...longFunctions
      .filter((located) => !isExempt(located))
      .map(({ file, fact }) =>
        formatFinding(file, fact.line, `${fact.name} has ${fact.lines} lines`),
      ),
    ...unusedExemptions.map(
      ({ path, name }) =>
        `${path}: ${name} does not exceed the limit; remove its entry from FUNCTION_EXEMPTIONS`,
    ),
  ];
  return createCountMeasure(
    'long-functions',
    `functions above ${LIMITS.functionLines} lines (${exemptions.length} exempt)`,
    findings,
  );
}

function measureLongFiles(files: readonly FileFacts[]): Measure {
  const longFiles = files.filter(({ lines }) => lines > LIMITS.fileLines);
  return createCountMeasure(
    'long-files',
    `files above ${LIMITS.fileLines} lines`,
    longFiles.map((file) => formatFinding(file, 1, `${file.lines} lines`)),
  );
}

function createSpreadMeasure(id: string, title: string, values: readonly number[]): Measure {
  const [median, p90, max] = [0.5, 0.9, 1].map((share) => computeQuantile(values, share));
  return {
    id,
    title,
    value: `median ${median}, p90 ${p90}, max ${max}`,
    isBroken: false,
    findings: [],
  };
}

function listFunctionLengths(files: readonly FileFacts[]): number[] {
  return files
    .filter(({ group }) => group === 'source')
    .flatMap(({ functions }) => functions)
    .filter(({ isNamed }) => isNamed)
    .map(({ lines }) => lines);
}

function listFileLengths(files: readonly FileFacts[], group: Group): number[] {
  return files.filter((file) => file.group === group).map(({ lines }) => lines);
}
