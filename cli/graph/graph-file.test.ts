import { expect, test } from 'vitest';
import { CliError, EXIT } from '../cli-error.ts';
import { parseGraphFile } from './graph-file.ts';

function readErrorMessage(text: string): string {
  try {
    parseGraphFile(text, 'graph.yaml');
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.usage) return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
}

test('a YAML list of tasks is a graph, and missing fields get their defaults', () => {
  const graph = parseGraphFile('- id: a\n  description: do it\n', 'graph.yaml');

  expect(graph).toMatchObject({ tasks: [{ id: 'a', tier: 'auto', dependsOn: [], scope: [] }] });
});

test('a graph file in JSON may have a title and a prompt', () => {
  const task = { id: 'a', description: 'do it' };
  const document = {
    title: 'T',
    prompt: 'P',
    tasks: [task, { ...task, id: 'b', dependsOn: ['a'] }],
  };

  expect(parseGraphFile(JSON.stringify(document), 'g.json')).toMatchObject({
    title: 'T',
    prompt: 'P',
  });
});

test('a problem is reported with its path, line and column', () => {
  const text = 'title: T\ntasks:\n  - id: Bad Id\n    description: x\n  - id: b\n    tier: huge\n';

  const problem = readErrorMessage(text);

  expect(problem).toContain('graph.yaml:3:5: tasks.0.id: a task id is a lower-case letter');
  expect(problem).toContain('graph.yaml:5:5: tasks.1.description:');
  expect(problem).toContain('graph.yaml:6:5: tasks.1.tier:');
});

test('an unknown field is reported with the line and column of the field', () => {
  const text = '- id: a\n  description: x\n  depends_on: [b]\n';

  expect(readErrorMessage(text)).toBe('graph.yaml:3:3: 0.depends_on: unknown field');
});

test('duplicate ids, missing dependencies and self-dependencies are reported', () => {
  const text = `- {id: a, description: x, dependsOn: [a]}
- {id: b, description: x, dependsOn: [c]}
- {id: b, description: x}
`;

  const problem = readErrorMessage(text);

  expect(problem).toMatch(/graph\.yaml:1:\d+: 0\.dependsOn\.0: "a" depends on itself/);
  expect(problem).toMatch(/graph\.yaml:2:\d+: 1\.dependsOn\.0: there is no task "c"/);
  expect(problem).toMatch(/graph\.yaml:3:\d+: 2\.id: the id "b" is used twice/);
});

test('broken YAML is reported with line and column', () => {
  expect(readErrorMessage('tasks:\n  - id: "open\n')).toMatch(/^graph\.yaml:\d+:\d+: /);
});

test.each(['', 'just words', '[]', '42'])('the text %j is not a graph', (text) => {
  expect(readErrorMessage(text)).toContain('graph.yaml:1:1: ');
});

test.each([
  [
    'tasks:\n  - {id: a, description: x}\n---\ntasks: []\n',
    /g\.yaml:3:1: the file contains several YAML documents/,
  ],
  [
    'tasks:\n  - &base {id: a, description: x}\n  - {<<: *base, id: b}\n',
    /g\.yaml:3:\d+: tasks\.1\.<<: YAML merge keys are not supported/,
  ],
])('explains the unsupported YAML %j', (text, message) => {
  expect(() => parseGraphFile(text, 'g.yaml')).toThrow(message);
});

test('YAML aliases cannot expand a small file without bound', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 9; n += 1) {
    lines.push(
      `a${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
    );
  }

  expect(readErrorMessage(lines.join('\n'))).toContain('graph.yaml');
});
