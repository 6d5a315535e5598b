import { describe, expect, it } from 'vitest';
import type { TaskSpec } from '../../contract/task.ts';
import { makeTask } from '../task-fixture.ts';
import type { ValidationContext } from './validate-graph.ts';
import { validateGraph } from './validate-graph.ts';

const MODEL_CONTEXT: ValidationContext = {
  repositories: ['o/web', 'o/api'],
  source: 'model',
  maxTasks: 60,
};
const PERSON_CONTEXT: ValidationContext = { ...MODEL_CONTEXT, source: 'person', maxTasks: 10_000 };

function makeScopedTask(id: string, fields: Partial<TaskSpec> = {}): TaskSpec {
  return makeTask(id, { scope: [`src/${id}/`], ...fields });
}

function listProblemCodes(tasks: readonly TaskSpec[], context = MODEL_CONTEXT): string[] {
  return validateGraph(tasks, context).map((problem) => `${problem.severity} ${problem.code}`);
}

describe('validateGraph', () => {
  it('finds no problem in a valid graph', () => {
    const tasks = [makeScopedTask('a'), makeScopedTask('b', { dependsOn: ['a'], repo: 'o/api' })];

    expect(validateGraph(tasks, MODEL_CONTEXT)).toEqual([]);
    expect(validateGraph(tasks, PERSON_CONTEXT)).toEqual([]);
  });

  it('rejects a graph without tasks', () => {
    expect(listProblemCodes([])).toEqual(['error empty_graph']);
  });

  it('rejects a graph with more tasks than the limit', () => {
    const tasks = Array.from({ length: 61 }, (_, index) => makeScopedTask(`t${index}`));

    expect(listProblemCodes(tasks)).toEqual(['error too_many_tasks']);
    expect(listProblemCodes(tasks, PERSON_CONTEXT)).toEqual([]);
  });

  it.each(['end', 'end-2', 'join-17'])('rejects the reserved id %s', (id) => {
    expect(listProblemCodes([makeScopedTask(id)])).toEqual(['error reserved_id']);
  });

  it('accepts ids that only resemble reserved ids', () => {
    expect(
      listProblemCodes([
        makeScopedTask('end-to-end'),
        makeScopedTask('join-tables'),
        makeScopedTask('ending'),
      ]),
    ).toEqual([]);
  });

  it('quotes an id with line breaks on one line of the message', () => {
    const hostile = { ...makeScopedTask('a'), id: 'x$(id)\n`rm -rf /`' };
    const [problem] = validateGraph([hostile], MODEL_CONTEXT);

    expect(problem?.code).toBe('bad_id');
    expect(problem?.message).not.toContain('\n');
  });

  it('reports the number of tasks with the same id', () => {
    const problems = validateGraph(
      [makeScopedTask('a'), makeScopedTask('a'), makeScopedTask('a')],
      MODEL_CONTEXT,
    );

    expect(problems).toMatchObject([{ code: 'duplicate_id', task: 'a' }]);
    expect(problems[0]?.message).toContain('3 tasks');
  });

  it('reports unknown dependencies and dependencies on the task itself', () => {
    const problems = validateGraph(
      [makeScopedTask('a', { dependsOn: ['a', 'nope'] }), makeScopedTask('b')],
      MODEL_CONTEXT,
    );

    expect(problems.map((problem) => problem.code)).toEqual([
      'self_dependency',
      'unknown_dependency',
    ]);
    expect(problems[1]?.message).toContain('nope');
    expect(problems[1]?.message).toContain('a, b');
  });

  it('lists the members of each separate cycle in order', () => {
    const tasks = [
      makeScopedTask('outside', { dependsOn: ['c'] }),
      makeScopedTask('c', { dependsOn: ['b'] }),
      makeScopedTask('a', { dependsOn: ['c'] }),
      makeScopedTask('b', { dependsOn: ['a', 'free'] }),
      makeScopedTask('free'),
      makeScopedTask('x', { dependsOn: ['y'] }),
      makeScopedTask('y', { dependsOn: ['x'] }),
    ];
    const problems = validateGraph(tasks, PERSON_CONTEXT);

    expect(problems.map((problem) => problem.code)).toEqual(['cycle', 'cycle']);
    expect(problems[0]?.message).toContain('c -> a -> b -> c');
    expect(problems[1]?.message).toContain('x -> y -> x');
  });

  it('reports the shortest cycle through a task', () => {
    const ring = Array.from({ length: 40 }, (_, index) =>
      makeScopedTask(`t${index}`, { dependsOn: index === 0 ? ['t39', 't1'] : [`t${index - 1}`] }),
    );

    expect(validateGraph(ring, MODEL_CONTEXT)[0]?.message).toContain('t0 -> t1 -> t0');
  });

  it('shortens the message about a long cycle', () => {
    const ring = Array.from({ length: 5_000 }, (_, index) =>
      makeScopedTask(`t${index}`, { dependsOn: [`t${(index + 4_999) % 5_000}`] }),
    );
    const [problem] = validateGraph(ring, PERSON_CONTEXT);

    expect(problem?.code).toBe('cycle');
    expect(problem?.message.length).toBeLessThan(400);
  });

  it('reports an unknown repository together with the known repositories', () => {
    const [problem] = validateGraph([makeScopedTask('a', { repo: 'o/other' })], MODEL_CONTEXT);

    expect(problem).toMatchObject({ code: 'unknown_repository', task: 'a', severity: 'error' });
    expect(problem?.message).toContain('"o/web"');
  });

  it.each(['/', '/etc/passwd', '../x', 'a/../../x', 'C:/x', '~/x', 'a\\b', '{a,..}/x/../y', ' '])(
    'rejects the scope %j',
    (path) => {
      expect(listProblemCodes([{ ...makeScopedTask('a', { scope: [] }), scope: [path] }])).toEqual([
        'error scope_outside',
      ]);
    },
  );

  it('rejects a scope that excludes paths', () => {
    expect(listProblemCodes([makeScopedTask('a', { scope: ['!src/'] })])).toEqual([
      'error scope_negated',
    ]);
  });

  it.each(['**', '*', '.', './', '**/*', '**/*.*', '*/'])(
    'reports the scope %j as too broad',
    (path) => {
      expect(listProblemCodes([makeScopedTask('a', { scope: ['src/a.ts', path] })])).toEqual([
        'error broad_scope',
      ]);
      expect(listProblemCodes([makeScopedTask('a', { scope: [path] })], PERSON_CONTEXT)).toEqual([
        'warning broad_scope',
      ]);
    },
  );

  it('reports a task with seven top-level directories as too broad only for a model', () => {
    const scope = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((area) => `${area}/x.ts`);

    expect(listProblemCodes([makeScopedTask('a', { scope })])).toEqual(['error broad_task']);
    expect(listProblemCodes([makeScopedTask('a', { scope })], PERSON_CONTEXT)).toEqual([]);
    expect(
      listProblemCodes([makeScopedTask('a', { scope: scope.map((path) => `src/${path}`) })]),
    ).toEqual([]);
  });

  it('warns about a task without a scope only if a model wrote the graph', () => {
    expect(listProblemCodes([makeScopedTask('a', { scope: [] })])).toEqual(['warning empty_scope']);
    expect(listProblemCodes([makeScopedTask('a', { scope: [] })], PERSON_CONTEXT)).toEqual([]);
  });

  it('requires criteria only from a model', () => {
    expect(listProblemCodes([makeScopedTask('a', { criteria: [] })])).toEqual([
      'error missing_criteria',
    ]);
    expect(listProblemCodes([makeScopedTask('a', { criteria: [] })], PERSON_CONTEXT)).toEqual([]);
  });

  it.each(['improve things', 'Fix various issues in the codebase.', 'Refactor and clean up code'])(
    'reports the description %j as vague',
    (description) => {
      expect(listProblemCodes([makeScopedTask('a', { description })])).toEqual([
        'error vague_description',
      ]);
      expect(listProblemCodes([makeScopedTask('a', { description })], PERSON_CONTEXT)).toEqual([
        'warning vague_description',
      ]);
    },
  );

  it.each(['Add login', 'Docs'])(
    'reports the description %j as too short for a model',
    (description) => {
      expect(listProblemCodes([makeScopedTask('a', { description })])).toEqual([
        'error short_description',
      ]);
    },
  );

  it.each(['   ', '...', '-'])('rejects the empty description %j', (description) => {
    expect(listProblemCodes([makeScopedTask('a', { description })], PERSON_CONTEXT)).toEqual([
      'error empty_description',
    ]);
  });

  it.each([
    'Fix the bug in src/parse.ts',
    '添加登录端点',
    'Ajoute la page de connexion',
    'Добавь страницу входа для гостей',
  ])('accepts the description %j', (description) => {
    expect(listProblemCodes([makeScopedTask('a', { description })])).toEqual([]);
  });
});
