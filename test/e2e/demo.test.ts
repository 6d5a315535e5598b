import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seedSample } from '../../local/sample.ts';
import { startDemo } from '../support/demo-process.ts';
import { pullsOfRun, requireOneEach } from '../support/forge-facts.ts';
import { git } from '../support/git.ts';
import { createGround } from '../support/test-ground.ts';

const TASKS = 8;

describe('the demo', () => {
  for (const shuffle of [undefined, 7]) {
    const name =
      shuffle === undefined ? 'as it is' : `with ids, order and files shuffled by ${shuffle}`;
    test(`completes, ${name}`, async () => {
      const ground = await createGround();
      onTestFinished(() => ground.remove());
      const demo = startDemo(ground, shuffle === undefined ? [] : ['--shuffle', String(shuffle)]);

      await demo.untilDone();
      const facts = await demo.facts();

      const sample = join(ground.data, 'sample');
      const { commit } = await seedSample(sample);
      expect(await git(sample, ['rev-parse', 'main'])).toBe(commit);
      expect(facts.tasks).toHaveLength(TASKS);
      const { root, tasks } = await requireOneEach(
        demo,
        facts.repository,
        facts.complexPlan,
        facts.tasks,
      );
      expect(root).toMatchObject({
        draft: false,
        state: 'open',
        merged_at: null,
        base: { ref: 'main' },
      });
      expect(root?.body).toMatch(/```mermaid\n/);
      for (const task of facts.tasks) expect(root?.body).toContain(`\`${task}\``);
      for (const [, [pull]] of tasks)
        expect(pull?.labels.map((label) => label.name)).toEqual(
          expect.arrayContaining(['smol-gang', 'auto-generated']),
        );
      const simple = await pullsOfRun(demo, facts.repository, facts.simplePlan);
      expect([...simple.tasks.keys()]).toEqual(['t/main']);
      expect(simple.tasks.get('t/main')?.[0]).toMatchObject({
        draft: false,
        state: 'open',
        base: { ref: 'main' },
      });

      await demo.close();
    });
  }
});
