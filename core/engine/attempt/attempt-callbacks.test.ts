import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createWorkingTask,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { KEY } from '../../topology/table-keys.ts';
import { recordTranscript } from './attempt-callbacks.ts';

test('a transcript expires after the configured days', async () => {
  const { deps, table, putTask } = createEngineFixture({ settings: { keepDays: 3 } });
  await putTask(createWorkingTask(1));
  const key = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };

  await recordTranscript(deps, key, { n: 0, entries: [] });

  const item = await table.get(KEY.transcript(key, 0));
  expect(item?.expiresAt).toBe(deps.clock.now() / 1_000 + 3 * 86_400);
});
