import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  createWorkingTask,
} from '../../../test/support/engine/engine-fixture.ts';
import type { LiveAttempt } from '../../task-state/task-state.ts';
import { buildAssignment } from './build-assignment.ts';

test.each([
  { sizeKb: undefined, fromMb: 256, partial: false },
  { sizeKb: 255 * 1_024, fromMb: 256, partial: false },
  { sizeKb: 256 * 1_024, fromMb: 256, partial: true },
  { sizeKb: 9_999_999, fromMb: undefined, partial: false },
])(
  'with a limit of $fromMb MB, a repository of $sizeKb KB is cloned partially: $partial',
  async (given) => {
    const { deps, putPlan, putTask, task } = createEngineFixture({
      forge: { readBranchHead: async () => 'a'.repeat(40) },
      settings: { partialCloneFromMb: given.fromMb },
    });
    const [repository] = createPlanStateFixture().repositories;
    if (repository === undefined) throw new Error('the plan has no repository');
    const plan = await putPlan({ repositories: [{ ...repository, sizeKb: given.sizeKb }] });
    const { liveAttempt } = await putTask(createWorkingTask(1));

    const assignment = await buildAssignment(deps, plan, await task(), liveAttempt as LiveAttempt);

    expect(assignment.repository.partial).toBe(given.partial);
  },
);
