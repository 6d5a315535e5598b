import { expect, test } from 'vitest';
import { createPlanStateFixture } from '../../../test/support/engine/engine-fixture.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { formatForgeSystem, MODEL_SYSTEM } from '../../store/system-store.ts';
import { buildPlanView } from './build-view.ts';

test('a plan view has a condition for each pause of the systems that the plan uses', () => {
  const pauses = [
    MODEL_SYSTEM,
    formatForgeSystem('local', 'acme/shop'),
    formatForgeSystem('github', 'acme/shop'),
  ].map((system) => ({ system, until: 5_000, reason: '429' }));
  const plan: StoredPlan = {
    state: createPlanStateFixture(),
    version: 1,
    usedTokens: 0,
    usedUsd: 0,
    pendingNotices: [],
  };

  const { conditions } = buildPlanView(plan, { pauses, now: 1 });

  expect(conditions.map(({ code }) => code)).toEqual(['paused_model', 'paused_forge']);
});
