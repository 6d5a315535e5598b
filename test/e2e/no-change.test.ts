import { expect, test } from 'vitest';
import { z } from 'zod';
import { useStage, waitForTaskStatus } from '../support/platform/e2e-stage.ts';
import { waitForPlanStatus, waitForTask } from '../support/platform/wait-for-plan.ts';
import { runGit } from '../support/workspace/git.ts';

// An agent that only claims to have done the work.

const stage = useStage('no-change');

test('a plan whose agent changes nothing waits for a person, who accepts it without a pull request', async () => {
  const { platform, repository } = stage;
  const before = await runGit(repository.path, ['rev-parse', 'HEAD']);
  const args = ['run', '--simple', '--prompt', 'SAY Everything is implemented.', '--json'];
  const result = await platform.cli(args, { cwd: repository.path, expectedExit: 0 });
  const plan = result.json(z.object({ plan: z.object({ id: z.string() }) })).plan.id;

  await waitForTaskStatus(stage, plan, 'main', 'in_review');
  const waiting = await platform.cli(['status', plan], { expectedExit: 6 });
  expect(waiting.stdout).toContain('nothing was changed');
  expect(waiting.stdout).toContain(`smol-gang task approve ${plan} main`);

  await platform.cli(['task', 'approve', plan, 'main'], { expectedExit: 0 });
  await waitForPlanStatus(platform, plan, 'complete');
  const task = await waitForTask(platform, plan, 'main', (view) => view.status === 'merged');
  expect(task).toMatchObject({ noChange: true, mergeSha: before });
  expect(task.pullRequest).toBeUndefined();
  const branches = await runGit(repository.path, ['branch', '--list', `smol-gang/${plan}*`]);
  expect(branches).toBe('');
});
