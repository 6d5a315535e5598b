import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  pullFixture,
} from '../../../test/support/engine-fixture.ts';
import { AppError } from '../../error.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task/state.ts';
import { drive } from '../drive.ts';
import { driveTask } from './drive-task.ts';
import { promote } from './promote.ts';
import { refOf } from './task-forge.ts';

const FIXTURE_KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };
const COMMIT = 'c'.repeat(40);

const PULL = pullFixture({ headSha: COMMIT, draft: true });
const REF = refOf(PULL);
const READY: Partial<TaskState> = {
  status: 'pr_open',
  accepted: { commit: COMMIT, attempt: 1, branch: 1 },
  proof: { commit: COMMIT, root: COMMIT, green: true, empty: false },
};

/** What is asked of the forge of a task that a retry goes on with, in order. */
async function promoteRetried(simple: boolean): Promise<string[]> {
  const asked: string[] = [];
  let pull: PullRequest = {
    ...PULL,
    state: 'closed',
    draft: false,
    base: simple ? 'main' : PULL.base,
  };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      branchHead: async () => COMMIT,
      pull: async () => pull,
      findPull: async () => pull,
      updatePull: async () => {},
      reopenPull: async () => {
        asked.push('reopen');
        pull = { ...pull, state: 'open' };
      },
      markDraft: async () => {
        asked.push('draft');
        pull = { ...pull, draft: true };
      },
      checks: async () => ({ state: 'pending', failing: [], pending: ['ci'] }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask({ ...READY, simple, reopen: true, pull: REF });
  await promote(fixture.deps, await fixture.task());
  return asked;
}

test('a pull request is opened again as a draft: a call to merge it may still be on its way', async () => {
  expect(await promoteRetried(false)).toEqual(['reopen', 'draft']);
});

test('that of a simple plan, which nobody but people merge, is as it was', async () => {
  expect(await promoteRetried(true)).toEqual(['reopen']);
});

/** What a task comes to whose pull request, unknown to it, is found at the last moment. */
async function promoteLate(found: Partial<PullRequest>) {
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => undefined,
      ensurePull: async () => ({ ...PULL, ...found }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask(READY);
  await promote(fixture.deps, await fixture.task());
  return (await fixture.task()).state;
}

test('one that a person closed meanwhile ends its task, which knows it from then on', async () => {
  expect(await promoteLate({ state: 'closed' })).toMatchObject({ status: 'failed', pull: REF });
});

test('one that a person had go elsewhere meanwhile blocks its task', async () => {
  const { status, reason } = await promoteLate({ base: 'main' });

  expect(status).toBe('blocked');
  expect(reason?.text).toContain('pull request #7 goes to main now');
});

test('a pull request is known by its number before red checks send its work back', async () => {
  const red = { state: 'red' as const, failing: [{ name: 'ci', summary: '' }], pending: [] };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => PULL,
      pull: async () => PULL,
      updatePull: async () => {},
      checks: async () => red,
    },
  });
  await fixture.putPlan();
  await fixture.putTask(READY);

  await promote(fixture.deps, await fixture.task());
  const known = (await fixture.task()).state;
  expect(known).toMatchObject({ pull: REF, last: { event: 'pull_ensured' } });
  expect(known.repair).toBeUndefined();

  await promote(fixture.deps, await fixture.task());
  expect((await fixture.task()).state.repair).toMatchObject({ reason: 'check_red' });
});

test('what a person pushed while the branch was to be moved is taken over, and not what was there before', async () => {
  const [before, pushed] = ['a'.repeat(40), 'b'.repeat(40)];
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => before,
      moveBranch: async () => 'diverged',
      branchHead: async () => pushed,
    },
  });
  await putPlan();
  await putTask(READY);

  await promote(deps, await task());

  expect((await task()).state).toMatchObject({
    accepted: { commit: pushed },
    last: { event: 'head_moved' },
  });
});

test('merged elsewhere it is lost to its task, which gets another', async () => {
  const bases: string[] = [];
  const other = pullFixture({ number: 8, headSha: COMMIT });
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      pull: async () => ({ ...PULL, state: 'merged', base: 'main' }),
      findPull: async () => undefined,
      ensurePull: async (_repo, { base }) => {
        bases.push(base);
        return other;
      },
      checks: async () => ({ state: 'green', failing: [], pending: [] }),
    },
  });
  await putPlan();
  await putTask({ ...READY, pull: REF });

  await promote(deps, await task());

  expect(bases).toEqual([PULL.base]);
  expect((await task()).state).toMatchObject({ status: 'merging', pull: { number: 8 } });
});

test('one that cannot be opened again says what a person can do', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      pull: async () => ({ ...PULL, state: 'closed' }),
      findPull: async () => ({ ...PULL, state: 'closed' }),
      reopenPull: async () => {
        throw new AppError('refused', 'cannot_reopen', 'The branch was force-pushed.');
      },
    },
  });
  await putPlan();
  await putTask({ ...READY, pull: REF, reopen: true });

  await promote(deps, await task());

  const { status, reason } = (await task()).state;
  expect(status).toBe('blocked');
  expect(reason?.text).toContain(`open one from ${PULL.head} to ${PULL.base} by hand`);
});

test('however often it is looked at while checks are pending, one look comes of it later', async () => {
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      pull: async () => PULL,
      checks: async () => ({ state: 'pending', failing: [], pending: ['ci'] }),
    },
  });
  const { deps, putPlan, putTask, advance, sent } = fixture;
  await putPlan();
  const { last } = await putTask({ ...READY, task: 'other' });
  await putTask({ ...READY, pull: REF, last: { ...last, at: deps.clock.now() } });
  for (let nudge = 0; nudge < 5; nudge += 1) {
    await driveTask(deps, FIXTURE_KEY);
    advance(100);
  }
  const hints = sent.splice(0);
  expect(hints).toHaveLength(5);

  advance(15_000);
  for (const hint of hints) await drive(deps, hint);

  expect(sent).toHaveLength(1);
});
