import { describe, expect, test } from 'vitest';
import { validateGraph } from '../graph/check/validate-graph.ts';
import type { PlanContext } from './read-plan.ts';
import { readPlan } from './read-plan.ts';

const CONTEXT: PlanContext = {
  prompt: 'Add login and logout to the server',
  explorations: [],
  repositories: ['acme/shop'],
  validate: validateGraph,
};

type TaskFields = Record<string, unknown>;

function makeRawTask(id: unknown, fields: TaskFields = {}): TaskFields {
  return {
    id,
    title: 'A title',
    description: `Add the ${String(id)} route to src/server.ts with its tests`,
    dependsOn: [],
    scope: [`src/${String(id)}.ts`],
    criteria: ['it answers 200'],
    tier: 'auto',
    repo: '',
    estimate: 15,
    ...fields,
  };
}

function readTasks(tasks: unknown, context: Partial<PlanContext> = {}) {
  return readPlan({ summary: 'Two routes', tasks }, { ...CONTEXT, ...context });
}

function listProblems(tasks: unknown, context: Partial<PlanContext> = {}): string {
  const result = readTasks(tasks, context);
  if (result.ok) throw new Error('the plan was accepted');
  return result.problems.join('\n');
}

test('readPlan returns a valid plan unchanged', () => {
  const result = readTasks([makeRawTask('login'), makeRawTask('logout', { dependsOn: ['login'] })]);

  expect(result.ok && result.value.summary).toBe('Two routes');
  expect(result.ok && result.value.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['login', []],
    ['logout', ['login']],
  ]);
});

test('readPlan rewrites ids to kebab-case in all places', () => {
  const result = readTasks([
    makeRawTask('Add_Login', { scope: ['src/a.ts'] }),
    makeRawTask('addLogout', { scope: ['src/b.ts'], dependsOn: ['Add_Login'] }),
    makeRawTask('docs', { scope: ['docs/'], dependsOn: ['add-logout', 'ADD LOGIN'] }),
  ]);

  expect(result.ok && result.value.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['add-login', []],
    ['add-logout', ['add-login']],
    ['docs', ['add-logout', 'add-login']],
  ]);
});

test('readPlan accepts alternative field names and treats null as absent', () => {
  const { dependsOn: _d, scope: _s, criteria: _c, ...rest } = makeRawTask('logout');

  const result = readTasks([
    makeRawTask('login', { repo: null, title: null }),
    {
      ...rest,
      depends_on: ['login'],
      file_scope: ['./src/logout.ts'],
      acceptance_criteria: ['done'],
    },
  ]);

  expect(result.ok && result.value.tasks[1]).toMatchObject({
    dependsOn: ['login'],
    scope: ['src/logout.ts'],
    criteria: ['done'],
  });
});

test('readPlan accepts numbers as ids and as dependencies', () => {
  const result = readTasks([
    makeRawTask(1),
    makeRawTask(2, { dependsOn: [1] }),
    makeRawTask('3', { dependsOn: 2 }),
    makeRawTask('docs', { dependsOn: '1, task-2' }),
  ]);

  expect(result.ok && result.value.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['task-1', []],
    ['task-2', ['task-1']],
    ['task-3', ['task-2']],
    ['docs', ['task-1', 'task-2']],
  ]);
});

test.each([undefined, null, [], ['']])(
  'readPlan adds a criterion to a task whose criteria are %j',
  (criteria) => {
    const result = readTasks([makeRawTask('a', { criteria }), makeRawTask('b')]);

    expect(result.ok && result.value.tasks.map((task) => task.criteria)).toEqual([
      [expect.stringMatching(/is done and covered by a test/)],
      ['it answers 200'],
    ]);
  },
);

test('readPlan removes invisible characters from descriptions', () => {
  const hidden = `Add login to src/a.ts\u200b\u202e${'\u{e0041}'} please`;

  const result = readTasks([makeRawTask('a', { description: hidden }), makeRawTask('b')]);

  expect(result.ok && result.value.tasks[0]?.description).toBe('Add login to src/a.ts please');
});

describe('readPlan rejects, with a reason,', () => {
  const validTask = makeRawTask('good');
  const cases: [string, unknown, RegExp][] = [
    ['tasks that are not a list', 'none', /"tasks" is not a list/],
    ['a plan without tasks', [], /0 tasks, but this request needs several/],
    ['a plan with a single task', [validTask], /1 tasks, .*split it/],
    [
      'a plan with hundreds of tasks',
      Array.from({ length: 300 }, (_, n) => makeRawTask(`t${n}`)),
      /300 tasks, more than the limit of 60/,
    ],
    [
      'entries that are not tasks',
      [validTask, 'later', null],
      /task 2 has no id\ntask 3 has no id/,
    ],
    [
      'an id of another type',
      [validTask, makeRawTask(['b'])],
      /task 2: the id is the list \["b"\]; write a text/,
    ],
    [
      'an id with shell syntax',
      [validTask, makeRawTask('x$(id)')],
      /"x\$\(id\)" is not a valid task id/,
    ],
    [
      'an id with slashes',
      [validTask, makeRawTask('../../etc/passwd')],
      /"\.\.\/\.\.\/etc\/passwd" is not a valid task id/,
    ],
    [
      'an id of 500 characters',
      [validTask, makeRawTask('a'.repeat(500))],
      /"a{80}…" is not a valid task id/,
    ],
    ['an empty id', [validTask, makeRawTask('')], /"" is not a valid task id/],
    [
      'the id __proto__',
      [validTask, makeRawTask('__proto__')],
      /"__proto__" is not a valid task id/,
    ],
    ['two tasks with the same id', [validTask, makeRawTask('good')], /2 tasks have the id good/],
    [
      'ids with the same kebab-case form',
      [makeRawTask('add_login'), makeRawTask('AddLogin')],
      /both become add-login/,
    ],
    ['an unknown dependency', [validTask, makeRawTask('b', { dependsOn: ['zebra'] })], /zebra/],
    [
      'a dependency with shell syntax',
      [validTask, makeRawTask('b', { dependsOn: ['$(rm -rf)'] })],
      /"\$\(rm -rf\)"/,
    ],
    [
      'a dependency on the task itself',
      [validTask, makeRawTask('b', { dependsOn: ['b'] })],
      /itself/,
    ],
    [
      'a cycle',
      [
        makeRawTask('a', { dependsOn: ['c'] }),
        makeRawTask('b', { dependsOn: ['a'] }),
        makeRawTask('c', { dependsOn: ['b'] }),
      ],
      /a -> .*-> a|cycle/,
    ],
    [
      'a scope outside the repository',
      [validTask, makeRawTask('b', { scope: ['../secrets'] })],
      /scope\.0 \("\.\.\/secrets"\)/,
    ],
    [
      'an absolute scope',
      [validTask, makeRawTask('b', { scope: ['/etc/passwd'] })],
      /scope\.0 \("\/etc\/passwd"\)/,
    ],
    [
      'a scope that covers the whole repository',
      [validTask, makeRawTask('b', { scope: ['**'] })],
      /whole repository/,
    ],
    [
      'fields of the wrong type',
      [validTask, makeRawTask('b', { description: 5, criteria: 'all' })],
      /b: description \(the number 5\): .*\nb: criteria \(all\): /,
    ],
    ['a blank description', [validTask, makeRawTask('b', { description: '  ' })], /b: description/],
    [
      'a description above the limit of characters',
      [validTask, makeRawTask('b', { description: 'x '.repeat(15_000) })],
      /b: description/,
    ],
    [
      'an unknown tier',
      [validTask, makeRawTask('b', { tier: 'gigantic' })],
      /b: tier \(gigantic\)/,
    ],
    ['a negative estimate', [validTask, makeRawTask('b', { estimate: -1 })], /b: estimate/],
  ];

  test.each(cases)('%s', (_name, tasks, expected) => {
    expect(listProblems(tasks)).toMatch(expected);
  });
});

test('readPlan ignores the repository of a task if the plan has a single repository, and otherwise checks the name', () => {
  const tasks = [makeRawTask('a', { repo: 'shop' }), makeRawTask('b', { repo: 'acme/web' })];
  const twoRepositories = { repositories: ['acme/shop', 'acme/web'] };

  const result = readTasks(tasks);

  expect(result.ok && result.value.tasks.map(({ repo }) => repo)).toEqual(['', '']);
  expect(listProblems(tasks, twoRepositories)).toMatch(/task a names the repository shop,/);
});
