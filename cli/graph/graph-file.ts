import type { Document } from 'yaml';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { describeError } from '../../core/base/describe-error.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { taskSpecSchema } from '../../core/contract/task.ts';
import { createUsageError } from '../cli-error.ts';

// Parses graphs and lists of tasks that people write in YAML or JSON. Each problem is reported with its line.

const tasksSchema = z.array(taskSpecSchema).min(1).max(10_000);
const graphFileSchema = z
  .object({
    prompt: z.string().optional(),
    title: z.string().max(120).optional(),
    tasks: tasksSchema,
  })
  .strict();
/** Content of a graph file. */
export type GraphFile = z.infer<typeof graphFileSchema>;

/**
 * Parses a graph file: a list of tasks, or `{prompt?, title?, tasks}`.
 *
 * @param name file name, for messages
 * @throws CliError with exit code `usage` that lists the problems with their lines
 */
export function parseGraphFile(text: string, name: string): GraphFile {
  const source = readDocument(text, name);
  const isList = Array.isArray(source.value);
  const graph: GraphFile = isList
    ? { tasks: parseSource(source, tasksSchema) }
    : parseSource(source, graphFileSchema);
  checkTaskIds(source, graph.tasks, isList ? [] : ['tasks']);
  return graph;
}

/** Parses a YAML or JSON file against a schema; throws the same errors as `parseGraphFile`. */
export function parseYamlFile<S extends z.ZodType>(
  text: string,
  name: string,
  schema: S,
): z.output<S> {
  return parseSource(readDocument(text, name), schema);
}

type YamlSource = {
  readonly name: string;
  readonly document: Document;
  readonly lineCounter: LineCounter;
  readonly value: unknown;
};

/** Own sentences for errors whose text of the YAML library names its programming interface. */
const SYNTAX_PROBLEMS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'the file contains several YAML documents, separated by ---: keep only one',
};

function readDocument(text: string, name: string): YamlSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 10).map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return `${name}:${line}:${col}: ${SYNTAX_PROBLEMS[error.code] ?? error.message}`;
    });
    throw createUsageError(problems.join('\n  '));
  }
  return { name, document, lineCounter, value: readValue(document, name) };
}

function readValue(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw createUsageError(`${name}: ${describeError(error)}`);
  }
}

function parseSource<S extends z.ZodType>(source: YamlSource, schema: S): z.output<S> {
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return parsed.data;
  throw createProblemsError(source, parsed.error.issues.flatMap(listIssueProblems));
}

type FileProblem = { readonly path: readonly PropertyKey[]; readonly message: string };
const MAX_PROBLEMS = 20;

function listIssueProblems(issue: z.core.$ZodIssue): FileProblem[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message:
      key === '<<'
        ? 'YAML merge keys are not supported: write the fields into each task'
        : 'unknown field',
  }));
}

function createProblemsError(source: YamlSource, problems: readonly FileProblem[]) {
  const lines = problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const position = findPosition(source, problem.path);
    const path = problem.path.map(String).join('.');
    return `${source.name}:${position}: ${path === '' ? '' : `${path}: `}${problem.message}`;
  });
  const hiddenCount = problems.length - MAX_PROBLEMS;
  if (hiddenCount > 0) lines.push(`and ${hiddenCount} more`);
  return createUsageError(lines.join('\n  '));
}

/** Returns "line:column" of the node at a path, or of the nearest existing node above. */
function findPosition(source: YamlSource, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = findOffset(source.document, path.slice(0, length));
    if (offset === undefined) continue;
    const { line, col } = source.lineCounter.linePos(offset);
    return `${line}:${col}`;
  }
  return '1:1';
}

function findOffset(document: Document, path: readonly PropertyKey[]): number | undefined {
  const key = path.at(-1);
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Checks that ids are unique and dependencies exist. The server checks cycles and scopes. */
function checkTaskIds(
  source: YamlSource,
  tasks: readonly TaskSpec[],
  path: readonly string[],
): void {
  const taskIds = new Set(tasks.map((task) => task.id));
  const earlierIds = new Set<string>();
  const problems: FileProblem[] = [];
  tasks.forEach((task, index) => {
    if (earlierIds.has(task.id)) {
      const message = `the id "${task.id}" is used twice`;
      problems.push({ path: [...path, index, 'id'], message });
    }
    earlierIds.add(task.id);
    task.dependsOn.forEach((id, position) => {
      const idPath = [...path, index, 'dependsOn', position];
      if (id === task.id) problems.push({ path: idPath, message: `"${id}" depends on itself` });
      else if (!taskIds.has(id))
        problems.push({ path: idPath, message: `there is no task "${id}"` });
    });
  });
  if (problems.length > 0) throw createProblemsError(source, problems);
}
