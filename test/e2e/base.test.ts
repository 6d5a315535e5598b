import { expect, test } from 'vitest';
import { submitGraph, useStage } from '../support/platform/e2e-stage.ts';
import {
  requireTask,
  waitForPlan,
  waitForPlanStatus,
  waitForTask,
} from '../support/platform/wait-for-plan.ts';
import { findProcesses } from '../support/process/process-scan.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeE2eRepository } from '../support/workspace/e2e-repository.ts';

// A plan whose base commit fails verification.

const stage = useStage('base');

function isBridge({ command }: { readonly command: string }): boolean {
  return command.includes('agent/bridge/main.ts');
}

test('a red base commit holds every plan on the commit back at no cost, until a person continues one of the plans', async () => {
  const { platform, model } = stage;
  const repository = await makeE2eRepository(platform.workspace, 'red', { BROKEN: 'oh\n' });
  const submitRed = async () => {
    const parts = { platform, model, repository };
    const { plan } = await submitGraph(parts, [{ id: 'a' }], ['--auto-approve']);
    const snapshot = await waitForPlan(platform, plan, 'the base commit is red', (state) =>
      state.plan.waiting.some(({ kind }) => kind === 'base_red'),
    );
    return { plan, snapshot, base: snapshot.plan.base };
  };

  const first = await submitRed();
  const second = await submitRed();

  expect(first.base).toMatchObject([{ status: 'red', commit: repository.head }]);
  expect(second.base).toEqual(first.base);
  expect(model.askedPrompts).toEqual([]);
  const check = first.base[0]?.check ?? '';
  const status = await platform.cli(['status', first.plan], { expectedExit: 6 });
  expect(status.stdout).toContain(`smol-gang task logs ${check} base`);
  expect(status.stdout).toContain(`smol-gang plan base ${first.plan} --continue`);
  await platform.cli(['task', 'logs', check, 'base'], { expectedExit: 0 });

  await platform.cli(['plan', 'base', first.plan, '--continue'], { expectedExit: 0 });

  await waitForTask(platform, first.plan, 'a', ({ attempt }) => attempt > 0);
  const held = await waitForPlanStatus(platform, second.plan, 'active');
  expect(requireTask(held, 'a')).toMatchObject({ status: 'ready', attempt: 0 });
  await platform.cli(['cancel', first.plan, '--yes'], { expectedExit: 0 });
  await waitUntil(
    'the agent of the cancelled plan has ended',
    async () => !(await findProcesses(platform.workspace.path)).some(isBridge),
    30_000,
  );
});
