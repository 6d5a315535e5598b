import type { Document } from 'yaml';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { TaskSpec } from '../../core/contract/task.ts';
import { taskSpecSchema } from '../../core/contract/task.ts';
import { createUsageError } from '../cli-error.ts';

// Graphs and task lists that people write, YAML or JSON. Problems are named with the line they are on.

const tasksSchema = z.array(taskSpecSchema).min(1).max(10_000);
const graphFileSchema = z
  .object({
    prompt: z.string().optional(),
    title: z.string().max(120).optional(),
    tasks: tasksSchema,
  })
  .strict();
export type GraphFile = z.infer<typeof graphFileSchema>;

/** `graph.yaml`: a list of tasks, or `{prompt?, title?, tasks}`. `name` is for messages. */
export function parseGraphFile(text: string, name: string): GraphFile {
  const source = readDocument(text, name);
  const isList = Array.isArray(source.value);
  const graph: GraphFile = isList
    ? { tasks: parseSource(source, tasksSchema) }
    : parseSource(source, graphFileSchema);
  checkTaskIds(source, graph.tasks, isList ? [] : ['tasks']);
  return graph;
}

/** A file of anything else that has a schema. */
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
  readonly lines: LineCounter;
  readonly value: unknown;
};

function readDocument(text: string, name: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 10).map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return `${name}:${line}:${col}: ${error.message}`;
    });
    throw createUsageError(problems.join('\n  '));
  }
  return { name, document, lines, value: readValue(document, name) };
}

function readValue(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw createUsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
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
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not known' }));
}

function createProblemsError(source: YamlSource, found: readonly FileProblem[]) {
  const lines = found.slice(0, MAX_PROBLEMS).map((problem) => {
    const place = findPosition(source, problem.path);
    const path = problem.path.map(String).join('.');
    return `${source.name}:${place}: ${path === '' ? '' : `${path}: `}${problem.message}`;
  });
  if (found.length > MAX_PROBLEMS) lines.push(`and ${found.length - MAX_PROBLEMS} more`);
  return createUsageError(lines.join('\n  '));
}

/** "line:column" of the node at a path, or of the nearest one above it that exists. */
function findPosition(source: YamlSource, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = findOffset(source.document, path.slice(0, length));
    if (offset === undefined) continue;
    const { line, col } = source.lines.linePos(offset);
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

/** What only the list as a whole can be wrong in; cycles and scopes are the server's to judge. */
function checkTaskIds(source: YamlSource, tasks: readonly TaskSpec[], at: readonly string[]): void {
  const known = new Set(tasks.map((task) => task.id));
  const seen = new Set<string>();
  const found: FileProblem[] = [];
  tasks.forEach((task, index) => {
    if (seen.has(task.id)) {
      found.push({ path: [...at, index, 'id'], message: `there is a second task "${task.id}"` });
    }
    seen.add(task.id);
    task.dependsOn.forEach((id, position) => {
      const path = [...at, index, 'dependsOn', position];
      if (id === task.id) found.push({ path, message: `"${id}" depends on itself` });
      else if (!known.has(id)) found.push({ path, message: `there is no task "${id}"` });
    });
  });
  if (found.length > 0) throw createProblemsError(source, found);
}
