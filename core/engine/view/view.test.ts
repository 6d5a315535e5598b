import { expect, test } from 'vitest';
import { planStateFixture } from '../../../test/support/engine-fixture.ts';
import { forgeFor, MODEL } from '../../store/pause-store.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { planView } from './view.ts';

test('a plan tells of the pauses that hold it up, and of no others', () => {
  const pauses = [MODEL, forgeFor('local', 'acme/shop'), forgeFor('github', 'acme/shop')].map(
    (what) => ({ what, until: 5_000, reason: '429' }),
  );
  const plan: StoredPlan = { state: planStateFixture(), version: 1, usedTokens: 0, usedUsd: 0 };

  const { notices } = planView(plan, { pauses, now: 1 });

  expect(notices.map(({ code }) => code)).toEqual(['paused_model', 'paused_forge']);
});
