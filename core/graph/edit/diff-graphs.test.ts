import { describe, expect, it } from 'vitest';
import { makeTask } from '../task-fixture.ts';
import { describeDiff, diffGraphs } from './diff-graphs.ts';

describe('diffGraphs', () => {
  it('finds no difference between graphs whose dependencies and scopes only differ in their order', () => {
    const before = [makeTask('a', { scope: ['x', 'y'], dependsOn: ['b', 'c'] })];
    const after = [makeTask('a', { scope: ['y', 'x'], dependsOn: ['c', 'b'] })];

    expect(diffGraphs(before, after)).toEqual({ added: [], removed: [], changed: [] });
  });

  it('lists added, removed and changed tasks, field by field', () => {
    const before = [makeTask('a', { dependsOn: ['old'] }), makeTask('old', { title: 'Old one' })];
    const after = [makeTask('a', { dependsOn: ['b'], tier: 'heavy' }), makeTask('b')];

    const diff = diffGraphs(before, after);

    expect(diff).toEqual({
      added: [{ task: 'b', title: 'Write the b module and its unit tests' }],
      removed: [{ task: 'old', title: 'Old one' }],
      changed: [
        {
          task: 'a',
          fields: [
            { field: 'dependsOn', before: ['old'], after: ['b'] },
            { field: 'tier', before: 'auto', after: 'heavy' },
          ],
        },
      ],
    });
    expect(describeDiff(diff)).toEqual([
      '+ b: Write the b module and its unit tests',
      '- old: Old one',
      '~ a: dependencies +b -old',
      '~ a: tier auto -> heavy',
    ]);
  });

  it('describes text with control characters and long text on one short line', () => {
    const before = [makeTask('a')];
    const after = [makeTask('a', { title: 'x\u001b[2Jy\nz', description: 'word '.repeat(500) })];

    const lines = describeDiff(diffGraphs(before, after));

    expect(lines[0]).toBe('~ a: title (none) -> x[2Jy z');
    expect(lines[1]?.length).toBeLessThan(160);
  });

  it('ignores the order of the fields of `limits` but reports reordered criteria', () => {
    const before = [makeTask('a', { limits: { maxTurns: 3, maxUsd: 1 }, criteria: ['x', 'y'] })];
    const after = [makeTask('a', { limits: { maxUsd: 1, maxTurns: 3 }, criteria: ['y', 'x'] })];

    expect(describeDiff(diffGraphs(before, after))).toEqual(['~ a: criteria reordered']);
  });
});
