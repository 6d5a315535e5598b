import { describe, expect, test } from 'vitest';
import { validateGraph } from '../graph/validate.ts';
import { type PlanContext, readPlan } from './read-plan.ts';

const CONTEXT: PlanContext = {
  prompt: 'Add login and logout to the server',
  explorations: [],
  repositories: ['acme/shop'],
  validate: validateGraph,
};

type Fields = Record<string, unknown>;

function task(id: unknown, fields: Fields = {}): Fields {
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

function read(tasks: unknown, context: Partial<PlanContext> = {}) {
  return readPlan({ summary: 'Two routes', tasks }, { ...CONTEXT, ...context });
}

function problemsOf(tasks: unknown, context: Partial<PlanContext> = {}): string {
  const result = read(tasks, context);
  if (result.ok) throw new Error('the plan was accepted');
  return result.problems.join('\n');
}

test('a good plan is read as it is', () => {
  const result = read([task('login'), task('logout', { dependsOn: ['login'] })]);

  expect(result.ok && result.value.summary).toBe('Two routes');
  expect(result.ok && result.value.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['login', []],
    ['logout', ['login']],
  ]);
});

test('ids that are merely not kebab-case are rewritten alike everywhere', () => {
  const result = read([
    task('Add_Login', { scope: ['src/a.ts'] }),
    task('addLogout', { scope: ['src/b.ts'], dependsOn: ['Add_Login'] }),
    task('docs', { scope: ['docs/'], dependsOn: ['add-logout', 'ADD LOGIN'] }),
  ]);

  expect(result.ok && result.value.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['add-login', []],
    ['add-logout', ['add-login']],
    ['docs', ['add-logout', 'add-login']],
  ]);
});

test('field names of other conventions are understood, and null is absence', () => {
  const { dependsOn: _d, scope: _s, criteria: _c, ...rest } = task('logout');

  const result = read([
    task('login', { repo: null, title: null }),
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

test('invisible characters are taken out of what agents will read', () => {
  const hidden = `Add login to src/a.ts\u200b\u202e${'\u{e0041}'} please`;

  const result = read([task('a', { description: hidden }), task('b')]);

  expect(result.ok && result.value.tasks[0]?.description).toBe('Add login to src/a.ts please');
});

describe('what cannot be used is said in words', () => {
  const good = task('good');
  const cases: [string, unknown, RegExp][] = [
    ['no list', 'none', /"tasks" is not a list/],
    ['no task', [], /0 tasks; this request was judged to need several/],
    ['a single task', [good], /1 tasks; .*split it/],
    [
      'hundreds of tasks',
      Array.from({ length: 300 }, (_, n) => task(`t${n}`)),
      /300 tasks and may have 60/,
    ],
    ['tasks that are none', [good, 'later', null], /task 2 has no id\ntask 3 has no id/],
    ['an id of another type', [good, task(7)], /task 2 has no id/],
    ['an id for a shell', [good, task('x$(id)')], /"x\$\(id\)" cannot be used/],
    [
      'an id with slashes',
      [good, task('../../etc/passwd')],
      /"\.\.\/\.\.\/etc\/passwd" cannot be used/,
    ],
    ['an id of 500 characters', [good, task('a'.repeat(500))], /"a{80}…" cannot be used/],
    ['an empty id', [good, task('')], /"" cannot be used/],
    ['a prototype', [good, task('__proto__')], /"__proto__" cannot be used/],
    ['an id twice', [good, task('good')], /2 tasks have the id good/],
    ['ids that become one', [task('add_login'), task('AddLogin')], /both become add-login/],
    ['an unknown dependency', [good, task('b', { dependsOn: ['nobody'] })], /nobody/],
    ['a hostile dependency', [good, task('b', { dependsOn: ['$(rm -rf)'] })], /"\$\(rm -rf\)"/],
    ['itself', [good, task('b', { dependsOn: ['b'] })], /itself/],
    [
      'a cycle',
      [
        task('a', { dependsOn: ['c'] }),
        task('b', { dependsOn: ['a'] }),
        task('c', { dependsOn: ['b'] }),
      ],
      /a -> .*-> a|cycle/,
    ],
    [
      'a scope outside',
      [good, task('b', { scope: ['../secrets'] })],
      /scope\.0 \("\.\.\/secrets"\)/,
    ],
    [
      'an absolute scope',
      [good, task('b', { scope: ['/etc/passwd'] })],
      /scope\.0 \("\/etc\/passwd"\)/,
    ],
    ['the whole repository', [good, task('b', { scope: ['**'] })], /whole repository/],
    [
      'wrong types',
      [good, task('b', { description: 5, criteria: 'all' })],
      /b: description: .*\nb: criteria \(all\): /,
    ],
    ['no description', [good, task('b', { description: '  ' })], /b: description/],
    [
      'a description without end',
      [good, task('b', { description: 'x '.repeat(15_000) })],
      /b: description/,
    ],
    ['an unknown tier', [good, task('b', { tier: 'gigantic' })], /b: tier \(gigantic\)/],
    ['a negative estimate', [good, task('b', { estimate: -1 })], /b: estimate/],
  ];

  test.each(cases)('%s', (_name, tasks, expected) => {
    expect(problemsOf(tasks)).toMatch(expected);
  });
});

test('with one repository its name says nothing; with several it has to be one of them', () => {
  const tasks = [task('a', { repo: 'shop' }), task('b', { repo: 'acme/web' })];
  const several = { repositories: ['acme/shop', 'acme/web'] };

  const one = read(tasks);

  expect(one.ok && one.value.tasks.map(({ repo }) => repo)).toEqual(['', '']);
  expect(problemsOf(tasks, several)).toMatch(/a is for the repository shop,/);
});
