import { afterEach, expect, test } from 'vitest';
import type { FaultSettings } from '../../local/forge/fault.ts';
import { completePlanUnderFaults, useStage } from '../support/platform/e2e-stage.ts';

// Plans under a single kind of forge fault: every task ends with one pull request and one merge.

const stage = useStage('forge');
afterEach(() => stage.platform.setFaults({}));

const FAULTS_BY_NAME: Readonly<Record<string, readonly FaultSettings[]>> = {
  'fails requests before or after they take effect': [{ serverErrorEvery: 7 }],
  'loses and duplicates webhooks and computes mergeability late': [
    { webhookDropEvery: 2, webhookDuplicateEvery: 3, mergeableNullReads: 3 },
  ],
  'applies its primary and its secondary rate limit': [
    { rateLimit: { count: 6, status: 429, retryAfterSeconds: 1, primary: false } },
    { rateLimit: { count: 4, status: 403, retryAfterSeconds: 2, primary: true } },
  ],
};

test.each(Object.entries(FAULTS_BY_NAME))(
  'a plan completes although the forge %s',
  async (_, faults) => {
    const { events } = await completePlanUnderFaults(stage, faults);

    expect(events).not.toContain('attempt_failed');
  },
);
