import { describe, expect, it } from 'vitest';
import { makeTask } from '../task-fixture.ts';
import type { RunNode } from './build-run-graph.ts';
import { buildRunGraph } from './build-run-graph.ts';

function findNode(nodes: readonly RunNode[], id: string): RunNode {
  const node = nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

function countKinds(nodes: readonly RunNode[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of nodes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function makeIndependentTasks(count: number) {
  return Array.from({ length: count }, (_, index) => makeTask(`t${index}`));
}

describe('buildRunGraph', () => {
  it('numbers the nodes in topological order and adds an end after all tasks', () => {
    const tasks = [
      makeTask('b', { dependsOn: ['a', 'a'], estimate: 3 }),
      makeTask('a', { estimate: 4 }),
    ];

    expect(buildRunGraph(tasks, [{ from: 'a', to: 'b' }], ['o/r'])).toEqual([
      {
        ordinal: 0,
        id: 'a',
        kind: 'work',
        repo: 'o/r',
        dependsOn: [],
        dependents: [1],
        wave: 1,
        rank: 7,
        estimateMinutes: 4,
      },
      {
        ordinal: 1,
        id: 'b',
        kind: 'work',
        repo: 'o/r',
        dependsOn: [0],
        dependents: [2],
        wave: 2,
        rank: 3,
        estimateMinutes: 3,
      },
      {
        ordinal: 2,
        id: 'end',
        kind: 'end',
        repo: 'o/r',
        dependsOn: [1],
        dependents: [],
        wave: 3,
        rank: 0,
        estimateMinutes: 0,
      },
    ]);
  });

  it('adds an end for each repository with tasks, in the order in which the plan lists the repositories', () => {
    const tasks = [
      makeTask('c', { repo: 'o/c' }),
      makeTask('b', { repo: 'o/b', dependsOn: ['c'] }),
      makeTask('c2', { repo: 'o/c', dependsOn: ['b'] }),
    ];

    const nodes = buildRunGraph(tasks, [], ['o/a', 'o/b', 'o/c']);

    const ends = nodes.filter((node) => node.kind === 'end');
    expect(ends.map((end) => [end.id, end.repo])).toEqual([
      ['end', 'o/b'],
      ['end-2', 'o/c'],
    ]);
    expect(ends.map((end) => end.dependsOn.map((ordinal) => nodes[ordinal]?.id))).toEqual([
      ['b'],
      ['c', 'c2'],
    ]);
  });

  it('adds no join to a node with 64 dependencies', () => {
    expect(countKinds(buildRunGraph(makeIndependentTasks(64), [], ['o/r']))).toEqual({
      work: 64,
      end: 1,
    });
  });

  it('groups 64 of 65 dependencies in a join and keeps the last dependency direct', () => {
    const nodes = buildRunGraph(makeIndependentTasks(65), [], ['o/r']);

    expect(countKinds(nodes)).toEqual({ work: 65, join: 1, end: 1 });
    expect(
      findNode(nodes, 'end')
        .dependsOn.map((ordinal) => nodes[ordinal]?.id)
        .sort(),
    ).toEqual(['join-1', 't64']);
  });

  it('builds a tree of joins for 10,000 dependencies', () => {
    const nodes = buildRunGraph(makeIndependentTasks(10_000), [], ['o/r']);

    expect(countKinds(nodes)).toEqual({ work: 10_000, join: 160, end: 1 });
    expect(findNode(nodes, 'end')).toMatchObject({ wave: 2, kind: 'end' });
    expect(findNode(nodes, 'end').dependsOn).toHaveLength(3);
    expect(findNode(nodes, 'join-1').dependsOn).toHaveLength(64);
  });

  it('shares joins between tasks with the same dependencies', () => {
    const tasks = makeIndependentTasks(128);
    const dependsOn = tasks.map((task) => task.id);
    const nodes = buildRunGraph(
      [...tasks, makeTask('x', { dependsOn }), makeTask('y', { dependsOn })],
      [],
      ['o/r'],
    );

    expect(countKinds(nodes)).toEqual({ work: 130, join: 2, end: 1 });
    expect(findNode(nodes, 'x').dependsOn).toEqual(findNode(nodes, 'y').dependsOn);
    expect(findNode(nodes, 'x').wave).toBe(2);
  });
});
