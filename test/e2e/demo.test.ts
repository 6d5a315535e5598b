import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testBranch } from '../../local/demo/test-branch.ts';
import { seedSample } from '../../local/sample.ts';
import { startDemo } from '../support/demo/demo-process.ts';
import { listRunPulls, requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { runGit } from '../support/workspace/git.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

// The demo without disturbances. test/chaos/crash.test.ts runs the demo in a shuffled order and kills its processes.

const OPEN_PULL = { draft: false, state: 'open', merged_at: null, base: { ref: 'main' } };

test('the demo completes with one merged pull request per task and a root pull request that is ready for review', async () => {
  const workspace = await createTestWorkspace();
  onTestFinished(() => workspace.remove());
  const demo = startDemo(workspace, []);

  await demo.waitUntilDone();
  const { path, repository, complexPlan, simplePlan, tasks } = await demo.readFacts();

  expect(tasks).toHaveLength(8);
  const { root, tasks: pulls } = await requireOnePullPerTask(demo, repository, complexPlan, tasks);
  expect(root).toMatchObject(OPEN_PULL);
  expect(root?.body).toMatch(/```mermaid\n/);
  for (const task of tasks) expect(root?.body).toContain(`\`${task}\``);
  for (const [pull] of pulls.values())
    expect(pull?.labels.map((label) => label.name)).toEqual(
      expect.arrayContaining(['smol-gang', 'auto-generated']),
    );
  const simple = await listRunPulls(demo, repository, simplePlan);
  expect([...simple.tasks]).toMatchObject([['t/main', [OPEN_PULL]]]);
  const check = await testBranch(path, root?.head.ref ?? '', join(workspace.tmp, 'root'));
  expect(check.passed).toBeGreaterThan(20);
  const { commit } = await seedSample(path);
  expect(await runGit(path, ['status', '--porcelain=v2', '--branch'])).toContain(commit);
  expect(await runGit(path, ['rev-list', '--count', 'main'])).toBe('1');
  expect(demo.output()).toContain('The model of this demo is scripted');

  await demo.close();
});
