import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_REPO,
  pullFixture,
} from '../../../test/support/engine-fixture.ts';
import { AppError } from '../../error.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import { enterLane, loadLane, nextLaneEntry } from '../../store/lane-store.ts';
import type { TaskState } from '../../task/state.ts';
import { drive } from '../drive.ts';
import { refOf } from '../task/task-forge.ts';
import { workLane } from './work-lane.ts';

const PULL = pullFixture();
const ROOT = 'd'.repeat(40);
const LANE = { plan: 'p0123456789', run: 1, repo: FIXTURE_REPO };
const AT_HEAD: Partial<TaskState> = {
  status: 'merging',
  accepted: { commit: PULL.headSha, attempt: 1, branch: 1 },
  proof: { commit: PULL.headSha, root: ROOT, green: true, empty: false, attempt: 1 },
  pull: refOf(PULL),
  queuedAt: 1,
};

/** One task at the head of its lane, ready to be merged; `pulls`: how its pull request is found, look by look. */
async function atHead(pulls: readonly PullRequest[], change: Partial<Forge> = {}) {
  let looks = 0;
  const fixture = createEngineFixture({
    forge: {
      pull: async () => {
        looks += 1;
        return pulls[Math.min(looks, pulls.length) - 1] ?? PULL;
      },
      branchHead: async () => ROOT,
      checks: async () => ({ state: 'green', failing: [], pending: [] }),
      reviews: async () => ({ reviews: [], comments: [] }),
      ...change,
    },
  });
  await fixture.putPlan();
  await fixture.putTask(AT_HEAD);
  await enterLane(fixture.deps.table, LANE, { task: 'one', at: 1 });
  const work = () => workLane(fixture.deps, LANE, async () => {});
  return { ...fixture, work };
}

test('one that a person had go elsewhere at the last moment is not merged there', async () => {
  const away = { ...PULL, base: 'main' };
  const { work, advance, task, deps } = await atHead([PULL, away]);

  expect(await work()).toBe('waiting');
  advance(1_000);
  expect(await work()).toBe('empty');

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    reason: { text: expect.stringContaining('goes to main now') },
  });
  expect(await nextLaneEntry(deps.table, LANE)).toBeUndefined();
});

test('one whose repository is gone does not hold the lane for ever', async () => {
  const gone = async () => {
    throw new AppError('notFound', 'forge_not_found', 'no repository acme/shop');
  };
  const { work, advance, task } = await atHead([], { pull: gone });

  let looks = 0;
  for (; looks < 50 && (await work()) === 'waiting'; looks += 1) advance(60_000);

  expect((await task()).state.status).toBe('blocked');
  expect(looks).toBeLessThan(10);
});

test('a message for a time at which the lane is no longer due is heard by nobody', async () => {
  const { work, advance, deps, sent } = await atHead([{ ...PULL, headSha: 'e'.repeat(40) }], {
    branchHead: async () => PULL.headSha,
  });
  await work();
  const [early] = sent.splice(0).filter((message) => message.type === 'lane');
  advance(500);
  await work();
  const [late] = sent.splice(0).filter((message) => message.type === 'lane');
  if (early === undefined || late === undefined) throw new Error('no message for the lane');
  advance(2_000);

  const before = await loadLane(deps.table, LANE);
  await drive(deps, early);
  expect(await loadLane(deps.table, LANE)).toEqual(before);
  await drive(deps, late);
  expect((await loadLane(deps.table, LANE)).version).toBeGreaterThan(before.version);
});
