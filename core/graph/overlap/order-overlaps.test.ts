import { describe, expect, it } from 'vitest';
import { makeTask } from '../task-fixture.ts';
import { orderOverlaps } from './order-overlaps.ts';

describe('orderOverlaps', () => {
  it('orders tasks with overlapping scopes and notes the paths', () => {
    const tasks = [
      makeTask('login', { scope: ['src/login.ts', 'src/routes/'] }),
      makeTask('register', { scope: ['src/register.ts', 'src/routes/index.ts'] }),
    ];

    expect(orderOverlaps(tasks, [])).toEqual({
      edges: [{ from: 'login', to: 'register', reason: 'overlap', note: 'src/routes/index.ts' }],
      unorderedPairs: [],
      truncated: false,
    });
  });

  it('adds no edge between tasks that are already ordered', () => {
    const tasks = [
      makeTask('a', { scope: ['src/'] }),
      makeTask('b', { dependsOn: ['a'] }),
      makeTask('c', { dependsOn: ['b'], scope: ['src/'] }),
      makeTask('d', { scope: ['src/'] }),
    ];

    expect(orderOverlaps(tasks, [{ from: 'c', to: 'd' }]).edges).toEqual([]);
  });

  it('chains tasks that all overlap each other', () => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => makeTask(id, { scope: ['src/app.ts'] }));

    expect(orderOverlaps(tasks, []).edges.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'a b',
      'b c',
      'c d',
    ]);
  });

  it('puts the task with the lower wave first, even if the task is listed later', () => {
    const tasks = [
      makeTask('late', { scope: ['x.ts'], dependsOn: ['first'] }),
      makeTask('first'),
      makeTask('early', { scope: ['x.ts'] }),
    ];

    expect(orderOverlaps(tasks, []).edges).toMatchObject([{ from: 'early', to: 'late' }]);
  });

  it('adds no edge between tasks of different repositories', () => {
    const tasks = [
      makeTask('a', { scope: ['src/'] }),
      makeTask('b', { scope: ['src/'], repo: 'o/api' }),
      makeTask('c', { scope: ['src/'], repo: 'o/web' }),
    ];

    const { edges } = orderOverlaps(tasks, [], [], ['o/web', 'o/api']);

    expect(edges).toMatchObject([{ from: 'a', to: 'c' }]);
  });

  it('lists tasks that overlap only in shared paths as pairs, without an edge', () => {
    const tasks = [
      makeTask('a', { scope: ['src/a.ts', 'package-lock.json'] }),
      makeTask('b', { scope: ['src/b.ts', 'package-lock.json'] }),
      makeTask('c', { scope: ['registry/'] }),
      makeTask('d', { scope: ['registry/d.ts', 'src/a.ts'] }),
    ];

    const { edges, unorderedPairs } = orderOverlaps(tasks, [], {
      '': ['package-lock.json', 'registry/*.ts'],
    });

    expect(edges).toMatchObject([{ from: 'a', to: 'd', note: 'src/a.ts' }]);
    expect(unorderedPairs).toEqual([
      { a: 'a', b: 'b', paths: ['package-lock.json'] },
      { a: 'c', b: 'd', paths: ['registry/d.ts'] },
    ]);
  });

  it('applies the shared paths of a repository only to the tasks of that repository', () => {
    const tasks = ['a', 'b'].flatMap((id) => [
      makeTask(`${id}-web`, { scope: ['x.lock'] }),
      makeTask(`${id}-api`, { scope: ['x.lock'], repo: 'o/api' }),
    ]);

    const { edges } = orderOverlaps(tasks, [], { 'o/web': ['x.lock'] }, ['o/web', 'o/api']);

    expect(edges).toMatchObject([{ from: 'a-api', to: 'b-api' }]);
  });

  it('lists at most 500 pairs and reports that the list is truncated', () => {
    const tasks = Array.from({ length: 100 }, (_, index) =>
      makeTask(`t${index}`, { scope: ['x.lock'] }),
    );

    const { unorderedPairs, truncated } = orderOverlaps(tasks, [], ['x.lock']);

    expect(unorderedPairs).toHaveLength(500);
    expect(truncated).toBe(true);
  });

  it('names at most five paths in the note of an edge', () => {
    const scope = Array.from({ length: 20 }, (_, index) => `src/f${index}.ts`);
    const tasks = [makeTask('a', { scope }), makeTask('b', { scope })];

    expect(orderOverlaps(tasks, []).edges[0]?.note).toBe(
      'src/f0.ts, src/f1.ts, src/f2.ts, src/f3.ts, src/f4.ts and more',
    );
  });
});
