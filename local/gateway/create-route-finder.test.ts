import { describe, expect, test } from 'vitest';
import { createRouteFinder } from './create-route-finder.ts';

const findRoute = createRouteFinder([
  { method: 'GET', path: '/v1/plans/{plan}' },
  { method: 'GET', path: '/v1/plans/mine' },
  { method: 'POST', path: '/v1/plans/{plan}/tasks/{task}' },
  { method: 'GET', path: '/v1/{rest+}' },
  { method: 'GET', path: '/v1/plans' },
]);

describe('createRouteFinder', () => {
  test.each([
    ['GET', '/v1/plans', '/v1/plans', {}],
    ['GET', '/v1/plans/mine', '/v1/plans/mine', {}],
    ['GET', '/v1/plans/p1', '/v1/plans/{plan}', { plan: 'p1' }],
    ['GET', '/v1/plans/a%2Fb', '/v1/plans/{plan}', { plan: 'a/b' }],
    ['POST', '/v1/plans/p1/tasks/t1', '/v1/plans/{plan}/tasks/{task}', { plan: 'p1', task: 't1' }],
    ['GET', '/v1/a/b', '/v1/{rest+}', { rest: 'a/b' }],
  ])('matches %s %s with the route %s', (method, path, expected, pathParameters) => {
    expect(findRoute(method, path)).toMatchObject({ route: { path: expected }, pathParameters });
  });

  test.each([
    ['POST', '/v1/plans'],
    ['GET', '/v2/plans'],
    ['GET', '/v1/'],
    ['POST', '/v1/plans//tasks/t1'],
    ['POST', '/v1/plans/p1/tasks/t1/'],
  ])('does not match %s %s', (method, path) => {
    expect(findRoute(method, path)).toBeUndefined();
  });

  test('reports a parameter with invalid percent-encoding as malformed', () => {
    expect(findRoute('GET', '/v1/plans/%zz')).toBe('malformed');
  });
});
