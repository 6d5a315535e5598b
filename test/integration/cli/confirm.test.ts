import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CannedApi, RouteName } from '../../support/cli/canned-api.ts';
import { ApiRefusal, startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { createCannedRoutes } from '../../support/cli/canned-routes.ts';
import { NOW, PLAN_ID } from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';

let api: CannedApi;

beforeEach(async () => {
  api = await startCannedApi(createCannedRoutes());
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(args: readonly string[], options: Parameters<typeof runCliInProcess>[1] = {}) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  return runCliInProcess(args, { env, now: () => NOW, ...options });
}

function listRoutes(): RouteName[] {
  return api.requests.map(({ route }) => route);
}

const DESTRUCTIVE_COMMANDS: readonly (readonly string[])[] = [
  ['cancel', PLAN_ID],
  ['plan', 'close', PLAN_ID],
  ['task', 'cancel', PLAN_ID, 'add-store'],
  ['repo', 'unlink', 'r1234567'],
  ['user', 'remove', 'ada@example.com'],
  ['token', 'revoke', 'k123'],
  ['gc'],
];

test.each(DESTRUCTIVE_COMMANDS.map((args) => [args.join(' '), args] as const))(
  '%s without a terminal sends no request and asks for --yes',
  async (_name, args) => {
    const run = await runSmolGang([...args, '--json']);

    expect(run.code).toBe(2);
    expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'confirmation_needed' } });
    expect(run.err).toContain('--yes');
    expect(api.requests).toEqual([]);
  },
);

test.each(DESTRUCTIVE_COMMANDS.map((args) => [args.join(' '), args] as const))(
  '%s at a terminal changes nothing after the answer no',
  async (_name, args) => {
    const run = await runSmolGang(args, { typed: [{ when: /\[y\/N\]/, text: 'n\n' }] });

    expect(run.code).toBe(1);
    expect(run.err).toContain('nothing was changed');
    expect(api.requests).toEqual([]);
  },
);

test('cancel at a terminal acts after the answer yes', async () => {
  const typed = [{ when: new RegExp(`Cancel plan ${PLAN_ID}\\? Its agents stop`), text: 'y\n' }];

  const run = await runSmolGang(['cancel', PLAN_ID], { typed });

  expect(run.code).toBe(0);
  expect(listRoutes()).toEqual(['cancelPlan']);
});

test('gc --dry-run needs no confirmation', async () => {
  api.answers.collectGarbage = () => ({ removed: [] });

  expect(await runSmolGang(['gc', '--dry-run'])).toMatchObject({ code: 0 });
});

test.each([
  ['y', 0, [false, true]],
  ['n', 1, [false]],
])(
  'plan restart at a terminal asks before it closes a ready pull request; answer %s',
  async (answer, code, sentCloseReady) => {
    const answerRestart = api.answers.restartPlan;
    api.answers.restartPlan = (request) => {
      if (answerRestart === undefined || !JSON.stringify(request.body).includes('true'))
        throw new ApiRefusal(409, 'ready_pull_open', 'a restart closes pull request #4');
      return answerRestart(request);
    };
    const typed = [{ when: /A restart closes pull request #4.*\[y\/N\]/, text: `${answer}\n` }];

    const run = await runSmolGang(['plan', 'restart', PLAN_ID], { typed });

    expect(run.code).toBe(code);
    const bodies = api.requests.flatMap(({ route, body }) =>
      route === 'restartPlan' ? [body] : [],
    );
    expect(bodies).toEqual(
      sentCloseReady.map((closeReady) => ({ run: 1, base: 'same', closeReady })),
    );
  },
);
