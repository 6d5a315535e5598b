import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import type { Verdict } from '../../contract/plan.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { buildRunNodes, findFinalTasks } from '../../plan-state/run-nodes.ts';
import { loadPlan, putRevision } from '../../store/plan-store.ts';
import { buildRevision } from '../revision/revision.ts';
import { editPlan } from './edit-plan.ts';

const SIMPLE_VERDICT: Verdict = {
  complexity: 'simple',
  reasoning: 'One place.',
  confidence: 1,
  estimatedTasks: 1,
  suggestion: '',
  source: 'model',
};

test('an edit that adds a second task to a simple plan makes the plan complex and adds an end task', async () => {
  const { deps, putPlan } = createEngineFixture();
  const plan = await putPlan({
    status: 'pending_approval',
    verdict: SIMPLE_VERDICT,
    approvedRevision: undefined,
  });
  const main = taskSpecSchema.parse({ id: 'main', description: 'Trim the names in src/name.js' });
  const origin = { revision: 1, by: 'ada', note: '' };
  await putRevision(deps.table, FIXTURE_PLAN, 'x', buildRevision(deps, plan, [main], origin));

  const second = { id: 'second', description: 'Test what src/name.js trims', dependsOn: ['main'] };
  const task = taskSpecSchema.parse({ ...second, scope: ['test/name.test.js'] });
  const input = { revision: 1, edits: [{ op: 'add_task' as const, task }] };
  const revision = await editPlan(deps, FIXTURE_PLAN, input, 'ada@example.com');

  const edited = (await loadPlan(deps.table, FIXTURE_PLAN))?.state;
  if (edited === undefined) throw new Error('no plan');
  expect(edited.verdict).toMatchObject({ complexity: 'complex', source: 'person' });
  const nodes = buildRunNodes(edited, revision);
  expect(findFinalTasks(edited, nodes)).toEqual([{ task: 'end', repo: 'acme/shop' }]);
  expect(nodes.find((node) => node.id === 'main')?.dependents.length).toBeGreaterThan(0);
});
