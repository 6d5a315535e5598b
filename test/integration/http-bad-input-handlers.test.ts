import { beforeAll, describe, expect, test } from 'vitest';
import { type TaskSpec, taskSpecSchema } from '../../core/contract/task.ts';
import { makeRevision } from '../../core/engine/plan/revision.ts';
import { putRevision } from '../../core/store/plan-store.ts';
import {
  type Bearers,
  bearersOf,
  expectRefused,
  type RequestPart,
  sendRow,
} from '../support/contract-request.ts';
import {
  ATTEMPT,
  CONTRACT_ROWS,
  type ContractRow,
  contractRow,
  pathOf,
} from '../support/contract-rows.ts';
import { createRealApi, type RealApi } from '../support/real-api.ts';
import { inputSchema, sampleOf } from '../support/schema-sample.ts';

// Requests in the right form for what is not there, is over or cannot be, given to the handlers as they are deployed: the
// answer says what is wrong, and the table is as it was.

/** Its tasks `one` and `two` run; nothing else of it is there. */
const ACTIVE = 'p0123456789';
/** Waits for approval at revision 2. */
const EDITABLE = 'p1111111111';
const ABSENT_IN_PATH = CONTRACT_ROWS.filter(({ group, route }) => {
  return group !== 'hook' && route.params !== undefined;
});
const BAD_CURSOR = 'bad_cursor';

let api: RealApi;
let bearers: Bearers;

beforeAll(async () => {
  api = await createRealApi();
  bearers = await bearersOf(api);
  await api.engine.putPlan();
  await api.engine.putTask();
  await api.engine.putTask({ task: 'two', ordinal: 1 });
  await putEditable();
});

async function putEditable(): Promise<void> {
  const { deps, putPlan } = api.engine;
  const tags = ['x', 'y'];
  const plan = await putPlan({ id: EDITABLE, status: 'pending_approval', revision: 2, tags });
  const [first, second] = [[spec('one')], [spec('one'), spec('two', ['one'])]];
  for (const [index, tasks] of [first, second].entries()) {
    const written = { revision: index + 1, by: 'ada@example.com', note: '' };
    const revision = makeRevision(deps, plan, tasks, written);
    await putRevision(deps.table, EDITABLE, tags[index] ?? '', revision);
  }
}

function spec(id: string, dependsOn: string[] = []): TaskSpec {
  return taskSpecSchema.parse({ id, description: `Do ${id}.`, dependsOn });
}

function send(row: ContractRow, part: RequestPart) {
  return sendRow(api, bearers, row, part);
}

/** Refused in one of these ways, with nothing written and nothing sent. */
async function expectUntouched(row: ContractRow, statuses: readonly number[], part: RequestPart) {
  const before = api.engine.table.all();
  const { error } = await expectRefused(send(row, part), statuses, row.id);
  expect(api.engine.table.all()).toEqual(before);
  expect(api.engine.sent).toEqual([]);
  expect(api.lines.splice(0).filter((line) => line.includes('"level":"error"'))).toEqual([]);
  return error;
}

function bodyOf({ route }: ContractRow): RequestPart {
  return route.body === undefined
    ? {}
    : { body: JSON.stringify(sampleOf(inputSchema(route.body))) };
}

function edits(row: ContractRow, revision: number, ...list: object[]): RequestPart {
  const path = pathOf(row.route, { plan: EDITABLE });
  return { path, body: JSON.stringify({ revision, edits: list }) };
}

describe.each(ABSENT_IN_PATH)('$route.method $route.path', (row) => {
  const names = Object.keys(row.route.params?.shape ?? {});

  if (row.group === 'attempt')
    test('an attempt that is not there is told that it has ended', async () => {
      const error = await expectUntouched(row, [409], bodyOf(row));
      expect(error.code).toBe('attempt_ended');
      expect(error.message).toContain(ATTEMPT);
    });
  else
    test('what is not there is 404', async () => {
      const error = await expectUntouched(row, [404], bodyOf(row));
      expect(error.code).toMatch(/_(unknown|not_found)$/);
      expect(error.message).toMatch(/^(there is no|you have no) /);
    });

  if (names.includes('task'))
    test('a task that its plan does not have is 404, and both are named', async () => {
      const path = pathOf(row.route, { plan: ACTIVE, task: 'nothing' });
      const error = await expectUntouched(row, [404], { ...bodyOf(row), path });
      expect(error.message).toContain(ACTIVE);
      expect(error.message).toContain('nothing');
    });
});

test('a plan of a repository that is not linked is 400, and the repository is named', async () => {
  const body = JSON.stringify({ prompt: 'Add logins.', repositories: [{ name: 'acme/none' }] });
  const error = await expectUntouched(contractRow('createPlan'), [400], { body });
  expect(error.code).toBe('repository_unknown');
  expect(error.message).toContain('acme/none');
});

describe('an edit of a graph', () => {
  const row = contractRow('editPlan');
  const remove = { op: 'remove_task', task: 'one' };

  test('made on an old revision is 409 and says what changed since', async () => {
    const error = await expectUntouched(row, [409], edits(row, 1, remove));
    expect(error.code).toBe('revision_moved');
    expect(error.message).toContain('revision 2');
    expect(error.message).toContain('two');
  });

  test('made on a revision that was never there is 404', async () => {
    const error = await expectUntouched(row, [404], edits(row, 9, remove));
    expect(error.message).toContain('has no revision 9');
  });

  test('that closes a circle is 400 and names it', async () => {
    const edge = { op: 'add_edge', from: 'two', to: 'one' };
    const error = await expectUntouched(row, [400], edits(row, 2, edge));
    expect(error.message).toContain('one -> two -> one');
  });

  test('of a task that is not there is 400 and names it', async () => {
    const change = { op: 'change_task', task: 'nobody', title: 'x' };
    const error = await expectUntouched(row, [400], edits(row, 2, change));
    expect(error.message).toContain('nobody');
  });

  test.each(['../../etc/passwd', '/etc/passwd', 'a\0b', 'x'.repeat(401)])(
    'that gives a task a scope outside the repository is 400: %j',
    async (path) => {
      const change = { op: 'change_task', task: 'one', scope: [path] };
      const error = await expectUntouched(row, [400], edits(row, 2, change));
      expect(error.message).toContain('scope');
    },
  );

  test('that moves a task to a repository of another plan is 400', async () => {
    const change = { op: 'change_task', task: 'one', repo: '../../etc' };
    const error = await expectUntouched(row, [400], edits(row, 2, change));
    expect(error.message).toContain('../../etc');
  });

  test('one bad edit leaves the good ones before it undone', async () => {
    const good = { op: 'change_task', task: 'one', title: 'Other' };
    const bad = { op: 'remove_task', task: 'nobody' };
    await expectUntouched(row, [400], edits(row, 2, good, bad));
  });

  test('of a plan that runs is 409', async () => {
    const part = { ...edits(row, 1, remove), path: pathOf(row.route, { plan: ACTIVE }) };
    const error = await expectUntouched(row, [409], part);
    expect(error.code).toBe('plan_status');
  });
});

test('an old revision cannot be approved', async () => {
  const row = contractRow('approvePlan');
  const path = pathOf(row.route, { plan: EDITABLE });
  const error = await expectUntouched(row, [409], { path, body: '{"revision":1}' });
  expect(error.code).toBe('revision_moved');
});

describe('cursors', () => {
  const rows = CONTRACT_ROWS.filter(({ route }) => route.query?.shape.cursor !== undefined);

  test.each(rows)('a cursor that no list gave is 400: $route.path', async (row) => {
    const path = pathOf(row.route, { plan: ACTIVE });
    for (const cursor of ['', 'x$(id)', '../../etc/passwd', 'e30', 'bnVsbA', 'x'.repeat(2_000)]) {
      const query = `cursor=${encodeURIComponent(cursor)}`;
      const error = await expectUntouched(row, [400], { path, query });
      expect(error.code).toBe(BAD_CURSOR);
      expect(error.message).toContain('cursor');
    }
  });

  test('a cursor of the list of plans is 400 at every other list', async () => {
    const { json } = await send(contractRow('listPlans'), { query: 'limit=1' });
    const { next = '' } = Object(json);
    expect(next).not.toBe('');
    const again = await send(contractRow('listPlans'), { query: `cursor=${next}` });
    expect(again.status).toBe(200);
    for (const row of rows.filter(({ id }) => id !== 'listPlans')) {
      const path = pathOf(row.route, { plan: ACTIVE });
      const error = await expectUntouched(row, [400], { path, query: `cursor=${next}` });
      expect(error.code).toBe(BAD_CURSOR);
    }
  });

  test("a cursor of a plan's tasks is 400 for another plan and for the list of plans", async () => {
    const row = contractRow('listTasks');
    const path = pathOf(row.route, { plan: ACTIVE });
    const { next = '' } = Object((await send(row, { path, query: 'limit=1' })).json);
    expect(next).not.toBe('');
    const query = `cursor=${next}`;
    const other = { path: pathOf(row.route, { plan: EDITABLE }), query };
    expect((await expectUntouched(row, [400], other)).code).toBe(BAD_CURSOR);
    const plans = await expectUntouched(contractRow('listPlans'), [400], { query });
    expect(plans.code).toBe(BAD_CURSOR);
  });
});
