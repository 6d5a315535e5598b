import { describe, expect, it } from 'vitest';
import { makeTask } from '../task-fixture.ts';
import { computeRanks, computeWaves, findCriticalPath } from './waves.ts';

const DIAMOND = [
  makeTask('d', { dependsOn: ['b', 'c'], estimate: 1 }),
  makeTask('a', { estimate: 5 }),
  makeTask('b', { dependsOn: ['a'], estimate: 2 }),
  makeTask('c', { dependsOn: ['a'], estimate: 7 }),
];

describe('waves, ranks and the critical path', () => {
  it('counts waves from 1, independent of the order of the list', () => {
    expect(Object.fromEntries(computeWaves(DIAMOND))).toEqual({ a: 1, b: 2, c: 2, d: 3 });
  });

  it('counts the given edges like dependencies of the tasks', () => {
    const waves = computeWaves(DIAMOND, [{ from: 'b', to: 'c' }]);

    expect(Object.fromEntries(waves)).toEqual({ a: 1, b: 2, c: 3, d: 4 });
  });

  it('ranks a task by the minutes of its longest path to the end', () => {
    expect(Object.fromEntries(computeRanks(DIAMOND))).toEqual({ a: 13, b: 3, c: 8, d: 1 });
  });

  it('finds the path with the longest total estimate', () => {
    expect(findCriticalPath(DIAMOND)).toEqual({ path: ['a', 'c', 'd'], minutes: 13 });
  });

  it('returns an empty path for an empty graph', () => {
    expect(findCriticalPath([])).toEqual({ path: [], minutes: 0 });
  });

  it('throws an error that names the tasks of a cycle', () => {
    const tasks = [makeTask('a', { dependsOn: ['b'] }), makeTask('b', { dependsOn: ['a'] })];

    expect(() => computeWaves(tasks)).toThrow('cycle: a -> b');
  });
});
