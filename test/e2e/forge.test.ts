import { afterEach, expect, test } from 'vitest';
import {
  completePlanUnderFaults,
  readBranchFile,
  useStage,
} from '../support/platform/e2e-stage.ts';

// Combines the faults of the forge; test/chaos covers each fault alone.

const stage = useStage('forge');
afterEach(() => stage.platform.setFaults({}));

test('a plan completes although the forge fails, loses and duplicates webhooks, computes mergeability late and limits the rate', async () => {
  const webhookAndMergeFaults = {
    webhookDropEvery: 2,
    webhookDuplicateEvery: 3,
    mergeableNullReads: 2,
  };

  const { plan, events } = await completePlanUnderFaults(stage, [
    { ...webhookAndMergeFaults, serverErrorEvery: 9 },
    {
      ...webhookAndMergeFaults,
      rateLimit: { count: 4, status: 429, retryAfterSeconds: 1, primary: false },
    },
  ]);

  expect(events).not.toContain('attempt_failed');
  expect(await readBranchFile(stage, plan, 'root', 'src/e.txt')).toBe('e is done');
});
