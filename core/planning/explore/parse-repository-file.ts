import type { Document } from 'yaml';
import { isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml';
import { toOneLine } from '../../base/safe-text.ts';
import type { RepositoryFile } from '../../contract/repository.ts';
import { repositoryFileSchema } from '../../contract/repository.ts';

/** Name of the configuration file at the root of a repository. */
export const REPOSITORY_FILE = '.smol-gang.yaml';
/** Upper bound of the size of the configuration file. */
export const MAX_REPOSITORY_FILE_BYTES = 64_000;

/** A defect of a configuration file that a person must correct. */
export type FileProblem = {
  readonly path: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Field name, such as `verify[0]`. */
  readonly field?: string;
  readonly message: string;
};

/** The content of a configuration file, or its problems. */
export type ParsedRepositoryFile = {
  /** Undefined if the file has problems. */
  readonly config: RepositoryFile | undefined;
  readonly problems: FileProblem[];
};

/** Parses `.smol-gang.yaml`; reports at most 20 problems, each with line and field if known. */
export function parseRepositoryFile(text: string, path = REPOSITORY_FILE): ParsedRepositoryFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 20).map((error) => ({
      path,
      line: lineCounter.linePos(error.pos[0]).line,
      message:
        error.code === 'MULTIPLE_DOCS'
          ? 'the file contains several YAML documents, separated by ---: keep only one'
          : toOneLine(error.message, 300),
    }));
    return { config: undefined, problems };
  }

  const value = readDocumentValue(document);
  if (value === undefined) {
    const message = 'the aliases expand to too much data; write the values out';
    return { config: undefined, problems: [{ path, message }] };
  }
  const parsed = repositoryFileSchema.safeParse(value ?? {});
  if (parsed.success) return { config: parsed.data, problems: [] };

  const problems = parsed.error.issues.slice(0, 20).flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [key]) : [[]];
    return fields.map((field) =>
      toFileProblem(document, lineCounter, path, issue, [...issue.path, ...field]),
    );
  });
  return { config: undefined, problems };
}

/** Describes a problem on one line: `.smol-gang.yaml line 3, verify[0]: ...`. */
export function describeFileProblem(problem: FileProblem): string {
  const line = problem.line === undefined ? '' : ` line ${problem.line}`;
  const field = problem.field === undefined ? '' : `, ${problem.field}`;
  return `${problem.path}${line}${field}: ${problem.message}`;
}

/** Returns the value of a document: null for an empty file, undefined if its aliases expand to too much data. */
function readDocumentValue(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 20 });
    const size = JSON.stringify(value ?? null).length;
    return size > MAX_REPOSITORY_FILE_BYTES * 2 ? undefined : (value ?? null);
  } catch {
    return undefined;
  }
}

type SchemaIssue = {
  readonly code?: string;
  readonly message: string;
  readonly path: PropertyKey[];
  readonly errors?: SchemaIssue[][];
};

function toFileProblem(
  document: Document,
  lineCounter: LineCounter,
  path: string,
  issue: SchemaIssue,
  field: PropertyKey[],
): FileProblem {
  const offset = findOffset(document, field);
  return {
    path,
    ...(offset === undefined ? {} : { line: lineCounter.linePos(offset).line }),
    ...(field.length === 0 ? {} : { field: toOneLine(formatFieldName(field), 120) }),
    message: toOneLine(
      issue.code === 'unrecognized_keys'
        ? 'unknown field; check the spelling or remove it'
        : explainIssue(issue),
      300,
    ),
  };
}

/** Explains an issue. For a union, uses the first branch with a custom message, or otherwise the first branch. */
function explainIssue(issue: SchemaIssue): string {
  const branches = issue.errors?.flat() ?? [];
  const branch = branches.find(({ code }) => code === 'custom') ?? branches[0];
  return branch === undefined ? issue.message : branch.message;
}

/** Returns the character offset of a field in the text; for a missing field, the offset of its closest existing ancestor. */
function findOffset(document: Document, field: PropertyKey[]): number | undefined {
  for (let length = field.length; length >= 0; length -= 1) {
    const parent = length < 1 ? undefined : document.getIn(field.slice(0, length - 1), true);
    const key = field[length - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isNode(item.key) && isSameKey(item.key, key))
      : undefined;
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
    const node = document.getIn(field.slice(0, length), true);
    if (isNode(node)) return node.range?.[0];
  }
  return undefined;
}

function isSameKey(node: unknown, key: PropertyKey | undefined): boolean {
  return typeof node === 'object' && node !== null && 'value' in node && node.value === key;
}

function formatFieldName(field: PropertyKey[]): string {
  return field
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
