import { deriveCheckId } from '../../core/engine/base-check/base-check.ts';
import { createBaseCheckState, requireOwnBaseState } from '../../core/plan-state/base-state.ts';
import type { PlanRepository } from '../../core/plan-state/plan-state.ts';
import type { Table } from '../../core/port/table.ts';
import { putNewPlan } from '../../core/store/plan-store.ts';
import { createPlanStateFixture } from '../../test/support/engine/engine-fixture.ts';
import { BENCH_REPO } from './bench-forge.ts';

/** Stores a green base check of the commit, so that a measurement contains no attempt of a base check. */
export async function storeGreenBaseCheck(table: Table, baseSha: string): Promise<void> {
  const [template] = createPlanStateFixture().repositories;
  if (template === undefined) throw new Error('the sample plan has no repository');
  const repository: PlanRepository = {
    ...template,
    name: BENCH_REPO,
    forge: 'github',
    baseSha,
    setup: [],
    verify: [['true']],
    env: {},
  };
  const check = createBaseCheckState(deriveCheckId(repository), repository, 0);
  const base = [{ ...requireOwnBaseState(check), status: 'green' as const }];
  await putNewPlan(table, { ...check, status: 'complete', base }, 0);
}
