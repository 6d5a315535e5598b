import { beforeAll, describe, expect, test } from 'vitest';
import type { TaskSpec } from '../../../core/contract/task.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { buildRevision } from '../../../core/engine/revision/revision.ts';
import { putRevision } from '../../../core/store/plan-store.ts';
import type { Bearers, RequestOverrides } from '../../support/contract/contract-request.ts';
import {
  createBearers,
  expectRefusal,
  sendContractRequest,
} from '../../support/contract/contract-request.ts';
import type { ContractRow } from '../../support/contract/contract-rows.ts';
import {
  ATTEMPT_ID,
  CONTRACT_ROWS,
  findContractRow,
  renderPath,
} from '../../support/contract/contract-rows.ts';
import type { RealApi } from '../../support/contract/real-api.ts';
import { createRealApi } from '../../support/contract/real-api.ts';
import { createSample, toInputSchema } from '../../support/contract/schema-sample.ts';

// Sends well-formed requests for missing objects, ended objects and impossible changes to the real handlers. The response must explain
// the error, and the table must stay unchanged.

/** Active plan with two running tasks, `one` and `two`. */
const ACTIVE_PLAN = 'p0123456789';
/** Plan that waits for approval of revision 2. */
const EDITABLE_PLAN = 'p1111111111';
const ROWS_WITH_PATH_PARAMETERS = CONTRACT_ROWS.filter(({ group, route }) => {
  return group !== 'hook' && route.params !== undefined;
});
const BAD_CURSOR = 'bad_cursor';

let api: RealApi;
let bearers: Bearers;

beforeAll(async () => {
  api = await createRealApi();
  bearers = await createBearers(api);
  await api.engine.putPlan();
  await api.engine.putTask();
  await api.engine.putTask({ task: 'two', ordinal: 1 });
  await putEditablePlan();
});

async function putEditablePlan(): Promise<void> {
  const { deps, putPlan } = api.engine;
  const tags = ['x', 'y'];
  const plan = await putPlan({
    id: EDITABLE_PLAN,
    status: 'pending_approval',
    revision: 2,
    revisionTags: tags,
  });
  const revisions = [
    [createTaskSpec('one')],
    [createTaskSpec('one'), createTaskSpec('two', ['one'])],
  ];
  for (const [index, tasks] of revisions.entries()) {
    const origin = { revision: index + 1, by: 'ada@example.com', note: '' };
    const revision = buildRevision(deps, plan, tasks, origin);
    await putRevision(deps.table, EDITABLE_PLAN, tags[index] ?? '', revision);
  }
}

function createTaskSpec(id: string, dependsOn: string[] = []): TaskSpec {
  return taskSpecSchema.parse({ id, description: `Do ${id}.`, dependsOn });
}

function sendPart(row: ContractRow, part: RequestOverrides) {
  return sendContractRequest(api, bearers, row, part);
}

/** Expects a refusal with one of the statuses, an unchanged table, no queue message and no logged error; returns the error. */
async function expectRefusalWithoutEffect(
  row: ContractRow,
  statuses: readonly number[],
  part: RequestOverrides,
) {
  const before = api.engine.table.listAll();
  const { error } = await expectRefusal(sendPart(row, part), statuses, row.id);
  expect(api.engine.table.listAll()).toEqual(before);
  expect(api.engine.sent).toEqual([]);
  expect(api.logLines.splice(0).filter((line) => line.includes('"level":"error"'))).toEqual([]);
  return error;
}

function createBody({ route }: ContractRow): RequestOverrides {
  return route.body === undefined
    ? {}
    : { body: JSON.stringify(createSample(toInputSchema(route.body))) };
}

function createEdits(row: ContractRow, revision: number, ...edits: object[]): RequestOverrides {
  const path = renderPath(row.route, { plan: EDITABLE_PLAN });
  return { path, body: JSON.stringify({ revision, edits }) };
}

describe.each(ROWS_WITH_PATH_PARAMETERS)('$route.method $route.path', (row) => {
  const names = Object.keys(row.route.params?.shape ?? {});

  if (row.group === 'attempt')
    test('a call for an attempt that does not exist gets the error attempt_ended', async () => {
      const error = await expectRefusalWithoutEffect(row, [409], createBody(row));
      expect(error.code).toBe('attempt_ended');
      expect(error.message).toContain(ATTEMPT_ID);
    });
  else
    test('a request for a missing object gets 404', async () => {
      const error = await expectRefusalWithoutEffect(row, [404], createBody(row));
      expect(error.code).toMatch(/_(unknown|not_found)$/);
      expect(error.message).toMatch(/^(there is no|you have no) /);
    });

  if (names.includes('task'))
    test('a request for a missing task gets 404, and the error names the plan and the task', async () => {
      const path = renderPath(row.route, { plan: ACTIVE_PLAN, task: 'nothing' });
      const error = await expectRefusalWithoutEffect(row, [404], { ...createBody(row), path });
      expect(error.message).toContain(ACTIVE_PLAN);
      expect(error.message).toContain('nothing');
    });
});

test('a plan for a repository that is not linked gets 400, and the error names the repository', async () => {
  const body = JSON.stringify({ prompt: 'Add logins.', repositories: [{ name: 'acme/none' }] });
  const error = await expectRefusalWithoutEffect(findContractRow('createPlan'), [400], { body });
  expect(error.code).toBe('repository_unknown');
  expect(error.message).toContain('acme/none');
});

describe('an edit of a graph', () => {
  const row = findContractRow('editPlan');
  const remove = { op: 'remove_task', task: 'one' };

  test('based on an old revision gets 409 with the changes since that revision', async () => {
    const error = await expectRefusalWithoutEffect(row, [409], createEdits(row, 1, remove));
    expect(error.code).toBe('revision_moved');
    expect(error.message).toContain('revision 2');
    expect(error.message).toContain('two');
  });

  test('based on a revision that never existed gets 404', async () => {
    const error = await expectRefusalWithoutEffect(row, [404], createEdits(row, 9, remove));
    expect(error.message).toContain('has no revision 9');
  });

  test('with a new cycle gets 400, and the error names the cycle', async () => {
    const edge = { op: 'add_edge', from: 'two', to: 'one' };
    const error = await expectRefusalWithoutEffect(row, [400], createEdits(row, 2, edge));
    expect(error.message).toContain('one -> two -> one');
  });

  test('with a change of a missing task gets 400, and the error names the task', async () => {
    const change = { op: 'change_task', task: 'nobody', title: 'x' };
    const error = await expectRefusalWithoutEffect(row, [400], createEdits(row, 2, change));
    expect(error.message).toContain('nobody');
  });

  test.each(['../../etc/passwd', '/etc/passwd', 'a\0b', 'x'.repeat(401)])(
    'with the invalid task scope %j gets 400',
    async (path) => {
      const change = { op: 'change_task', task: 'one', scope: [path] };
      const error = await expectRefusalWithoutEffect(row, [400], createEdits(row, 2, change));
      expect(error.message).toContain('scope');
    },
  );

  test('with a repository that does not belong to the plan gets 400', async () => {
    const change = { op: 'change_task', task: 'one', repo: '../../etc' };
    const error = await expectRefusalWithoutEffect(row, [400], createEdits(row, 2, change));
    expect(error.message).toContain('../../etc');
  });

  test('with one valid and one invalid change gets 400 and applies neither', async () => {
    const validChange = { op: 'change_task', task: 'one', title: 'Other' };
    const invalidChange = { op: 'remove_task', task: 'nobody' };
    await expectRefusalWithoutEffect(row, [400], createEdits(row, 2, validChange, invalidChange));
  });

  test('sent to an active plan gets 409', async () => {
    const part = {
      ...createEdits(row, 1, remove),
      path: renderPath(row.route, { plan: ACTIVE_PLAN }),
    };
    const error = await expectRefusalWithoutEffect(row, [409], part);
    expect(error.code).toBe('plan_status');
  });
});

test('the approval of an old revision gets 409', async () => {
  const row = findContractRow('approvePlan');
  const path = renderPath(row.route, { plan: EDITABLE_PLAN });
  const error = await expectRefusalWithoutEffect(row, [409], { path, body: '{"revision":1}' });
  expect(error.code).toBe('revision_moved');
});

describe('cursors', () => {
  const rows = CONTRACT_ROWS.filter(({ route }) => route.query?.shape.cursor !== undefined);

  test.each(rows)('$route.path rejects an invalid cursor with 400', async (row) => {
    const path = renderPath(row.route, { plan: ACTIVE_PLAN });
    for (const cursor of ['', 'x$(id)', '../../etc/passwd', 'e30', 'bnVsbA', 'x'.repeat(2_000)]) {
      const query = `cursor=${encodeURIComponent(cursor)}`;
      const error = await expectRefusalWithoutEffect(row, [400], { path, query });
      expect(error.code).toBe(BAD_CURSOR);
      expect(error.message).toContain('cursor');
    }
  });

  test('a cursor of the list of plans gets 400 from every other list', async () => {
    const { json } = await sendPart(findContractRow('listPlans'), { query: 'limit=1' });
    const { next = '' } = Object(json);
    expect(next).not.toBe('');
    const nextPage = await sendPart(findContractRow('listPlans'), { query: `cursor=${next}` });
    expect(nextPage.status).toBe(200);
    for (const row of rows.filter(({ id }) => id !== 'listPlans')) {
      const path = renderPath(row.route, { plan: ACTIVE_PLAN });
      const error = await expectRefusalWithoutEffect(row, [400], { path, query: `cursor=${next}` });
      expect(error.code).toBe(BAD_CURSOR);
    }
  });

  test("a cursor of a plan's task list gets 400 from the task list of another plan and from the list of plans", async () => {
    const row = findContractRow('listTasks');
    const path = renderPath(row.route, { plan: ACTIVE_PLAN });
    const { next = '' } = Object((await sendPart(row, { path, query: 'limit=1' })).json);
    expect(next).not.toBe('');
    const query = `cursor=${next}`;
    const otherPlan = { path: renderPath(row.route, { plan: EDITABLE_PLAN }), query };
    expect((await expectRefusalWithoutEffect(row, [400], otherPlan)).code).toBe(BAD_CURSOR);
    const error = await expectRefusalWithoutEffect(findContractRow('listPlans'), [400], { query });
    expect(error.code).toBe(BAD_CURSOR);
  });
});
