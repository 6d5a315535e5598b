import { describe, expect, it } from 'vitest';
import { forecastSchema } from '../../contract/plan.ts';
import { makeTask } from '../task-fixture.ts';
import { forecastGraph } from './forecast-graph.ts';

const TASKS = [
  makeTask('short', { estimate: 2 }),
  makeTask('root', { estimate: 3 }),
  makeTask('long', { estimate: 10, dependsOn: ['root'] }),
  makeTask('other', { estimate: 4 }),
];

describe('forecastGraph', () => {
  it('starts the task with the highest rank first', () => {
    const forecast = forecastGraph(TASKS, [], {
      slots: 2,
      tokensPerMinute: 100,
      usdPerToken: 0.01,
    });

    expect(forecastSchema.parse(forecast)).toEqual({
      tasks: 4,
      waves: [['short', 'root', 'other'], ['long']],
      criticalPath: ['root', 'long'],
      criticalPathMinutes: 13,
      makespanMinutes: 13,
      slots: 2,
      tokens: 1900,
      usd: 19,
      overlaps: [],
    });
  });

  it('forecasts the sum of all estimates for one slot', () => {
    expect(forecastGraph(TASKS, [], { slots: 1 }).makespanMinutes).toBe(19);
  });

  it('returns null for unknown tokens and cost', () => {
    expect(forecastGraph(TASKS, [], { slots: 1 })).toMatchObject({ tokens: null, usd: null });
    const withoutPrice = forecastGraph(TASKS, [], {
      slots: 1,
      tokensPerMinute: 1,
      usdPerToken: null,
    });
    expect(withoutPrice).toMatchObject({ tokens: 19, usd: null });
  });

  it('treats the given edges like dependencies of the tasks', () => {
    const forecast = forecastGraph(TASKS, [{ from: 'other', to: 'root' }], { slots: 9 });

    expect(forecast.criticalPath).toEqual(['other', 'root', 'long']);
  });

  it('returns the given unordered pairs as overlaps', () => {
    const unorderedPairs = [{ a: 'short', b: 'root', paths: ['x.lock'] }];

    expect(forecastGraph(TASKS, [], { slots: 1, unorderedPairs }).overlaps).toEqual(unorderedPairs);
  });
});
