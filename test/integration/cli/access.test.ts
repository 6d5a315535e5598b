import { chmod, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi, RouteName } from '../../support/cli/canned-api.ts';
import { ApiRefusal, startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';
import { makeTemporaryDirectory } from '../../support/workspace/git.ts';

let folder: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let home: string;
let api: CannedApi;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('cli-access');
  home = join(folder.path, 'home');
  await mkdir(home);
  const user = { email: 'ada@example.com', role: 'operator' as const };
  const createSession = (name: string) => {
    api.tokens.add(`access-${name}`);
    return {
      accessToken: `access-${name}`,
      refreshToken: 'r',
      expiresAt: Date.now() + 600_000,
      user,
    };
  };
  api = await startCannedApi({
    login: ({ body }) => {
      const bodyText = JSON.stringify(body);
      if (!bodyText.includes('correct horse')) throw new ApiRefusal(401, 'unauthorized', 'wrong');
      return createSession('password');
    },
    exchangeSignInCode: ({ body }) => {
      if (JSON.stringify(body) !== '{"code":"once"}')
        throw new ApiRefusal(401, 'unauthorized', 'used');
      return createSession('link');
    },
    logout: () => undefined,
    me: () => user,
    createToken: () => ({
      id: 'k3k9m2x7abcde',
      name: 'ci',
      role: 'viewer',
      createdAt: 1,
      expiresAt: 2,
      createdBy: 'ada@example.com',
      token: 'the-secret',
    }),
    createUser: ({ body }) => ({
      email: JSON.stringify(body).includes('a long password') ? 'bob@example.com' : 'x@y.z',
      role: 'viewer',
      createdAt: 1,
    }),
  });
});
afterEach(async () => {
  await api.close();
  await folder.remove();
  expect(api.problems).toEqual([]);
});

const listCalls = (route: RouteName) => api.requests.filter((call) => call.route === route);
const getCredentialsPath = () => join(home, '.config/smol-gang/credentials.json');
function runSmolGang(args: string[], options: Parameters<typeof runCliInProcess>[1] = {}) {
  return runCliInProcess(args, { home, cwd: home, ...options });
}

describe('login', () => {
  test('with a one-time link stores a session in a file that only the owner can read', async () => {
    const login = await runSmolGang(['login', `${api.url}/#signin=once`]);
    const me = await runSmolGang(['whoami']);

    expect(login).toMatchObject({ code: 0, err: '' });
    expect(me.out).toBe(`ada@example.com (operator) at ${api.url}\n`);
    expect((await stat(getCredentialsPath())).mode & 0o777).toBe(0o600);
    expect(await readFile(getCredentialsPath(), 'utf8')).toContain('access-link');
  });

  test('with --email reads the password from stdin', async () => {
    const args = ['login', api.url, '--email', 'ada@example.com'];
    const withWrongPassword = await runSmolGang(args, { stdin: 'guess\n' });
    const withRightPassword = await runSmolGang(args, { stdin: 'correct horse\n' });

    expect(withWrongPassword).toMatchObject({ code: 3, out: '' });
    expect(withRightPassword.code).toBe(0);
  });

  test('asks a person for the password without echo', async () => {
    const typed = [
      { when: /E-mail: $/, text: 'ada@example.com\n' },
      { when: /Password: $/, text: 'correct horse\n' },
    ];

    const run = await runSmolGang(['login', '--url', api.url], { typed });

    expect(run.code).toBe(0);
    expect(run.out + run.err).not.toContain('correct horse');
  });

  test('sends no password over an unencrypted connection', async () => {
    const args = ['login', 'http://team.example', '--email', 'ada@example.com'];

    const run = await runSmolGang(args, { stdin: 'correct horse\n' });

    expect(run.code).toBe(2);
    expect(run.err).toContain('not encrypted');
  });

  test('is undone by logout', async () => {
    await runSmolGang(['login', `${api.url}/#signin=once`]);

    const logout = await runSmolGang(['logout']);
    const me = await runSmolGang(['whoami', '--url', api.url]);

    expect(logout.out).toContain(`Signed out of ${api.url}`);
    expect(logout.err).toBe('');
    expect(listCalls('logout')).toMatchObject([
      { headers: { authorization: 'Bearer access-link' } },
    ]);
    expect(me.code).toBe(3);
    expect(me.err).toContain('smol-gang login');
  });

  test('reports a damaged credentials file and does not overwrite it', async () => {
    await mkdir(join(home, '.config/smol-gang'), { recursive: true });
    await writeFile(getCredentialsPath(), '{"half');

    const run = await runSmolGang(['whoami', '--url', api.url]);

    expect(run.code).toBe(1);
    expect(run.err).toContain('is damaged');
    expect(await readFile(getCredentialsPath(), 'utf8')).toBe('{"half');
  });
});

describe('the file of a laptop platform', () => {
  async function writeLaptopFile(url: string, mode = 0o600): Promise<string> {
    const path = join(folder.path, 'project/.smol-gang/cli.json');
    await mkdir(join(folder.path, 'project/.smol-gang'), { recursive: true });
    await mkdir(join(folder.path, 'project/src'), { recursive: true });
    await writeFile(path, JSON.stringify({ url, token: TOKEN }));
    await chmod(path, mode);
    return path;
  }
  const runInProject = (args: string[]) =>
    runSmolGang(args, { cwd: join(folder.path, 'project/src') });

  test('makes a login unnecessary in the folder of the platform and below', async () => {
    const path = await writeLaptopFile(api.url);

    const run = await runInProject(['whoami', '--verbose']);

    expect(run.code).toBe(0);
    expect(run.err).toContain(`${api.url}, from a laptop platform in this folder or above`);
    expect(run.err).toContain(`credential: ${path}`);
  });

  test('is used after a newer file whose token is refused', async () => {
    await writeLaptopFile(api.url);
    const newerFile = join(folder.path, 'project/.smol-gang/demo/cli.json');
    await mkdir(join(folder.path, 'project/.smol-gang/demo'));
    await writeFile(newerFile, JSON.stringify({ url: api.url, token: 'refused-token' }), {
      mode: 0o600,
    });
    await utimes(newerFile, new Date(), new Date(Date.now() + 60_000));

    const run = await runInProject(['whoami', '--verbose']);

    expect(run.code).toBe(0);
    expect(run.err).toContain(`credential: ${newerFile}`);
  });

  test.each([
    ['other users can read', 0o644],
    ['the group can write', 0o620],
  ])('is ignored if %s the file', async (_permission, mode) => {
    await writeLaptopFile(api.url, mode);

    const run = await runInProject(['whoami', '--url', api.url]);

    expect(run.code).toBe(3);
  });

  test('is ignored if its URL points to another machine', async () => {
    await writeLaptopFile('http://evil.example:3000');

    const run = await runInProject(['whoami', '--verbose', '--url', api.url]);

    expect(run.code).toBe(3);
    expect(run.err).not.toContain('evil.example');
  });
});

test('SMOL_GANG_URL and SMOL_GANG_TOKEN, even with a line break, take precedence over a stored sign-in', async () => {
  await runSmolGang(['login', `${api.url}/#signin=once`]);

  const run = await runSmolGang(['whoami', '--verbose'], {
    env: { SMOL_GANG_URL: `${api.url}/\n`, SMOL_GANG_TOKEN: `${TOKEN}\n` },
  });

  expect(run.code).toBe(0);
  expect(run.err).toContain('credential: SMOL_GANG_TOKEN');
});

test('a refused SMOL_GANG_TOKEN is not replaced by a stored sign-in', async () => {
  await runSmolGang(['login', `${api.url}/#signin=once`]);

  const run = await runSmolGang(['whoami'], { env: { SMOL_GANG_TOKEN: 'refused-token' } });

  expect(run.code).toBe(3);
});

test('token create prints only the token on stdout', async () => {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };

  const run = await runSmolGang(['token', 'create', 'ci', '--role', 'viewer'], { env });

  expect(run.out).toBe('the-secret\n');
  expect(run.err).toContain('shown only now');
});

test('user add reads the password from stdin', async () => {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  const args = ['user', 'add', 'bob@example.com', '--role', 'viewer'];

  const run = await runSmolGang(args, { env, stdin: 'a long password\n' });

  expect(run.out).toContain('bob@example.com (viewer)');
});

describe('accounts', () => {
  const EMAIL = 'bob@example.com';
  const SESSION_ID = '0123456789abcdefghjkmnpqrs';
  let env: Record<string, string>;
  beforeEach(() => {
    env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
    api.answers.changeUser = () => ({ email: EMAIL, role: 'viewer', createdAt: 1 });
    api.answers.endUserSessions = () => undefined;
    api.answers.endSession = () => undefined;
    api.answers.listSessions = () => ({
      items: [
        { id: SESSION_ID, email: EMAIL, openedAt: 1, usedAt: 2, expiresAt: 3, current: true },
      ],
    });
  });

  test('user set-role sends the role, and rejects an unknown role', async () => {
    const run = await runSmolGang(['user', 'set-role', EMAIL, 'viewer'], { env });
    const unknown = await runSmolGang(['user', 'set-role', EMAIL, 'owner'], { env });

    expect(run.out).toContain(`${EMAIL} is viewer now`);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('viewer, operator') });
    expect(listCalls('changeUser')).toMatchObject([
      { params: { email: EMAIL }, body: { role: 'viewer' } },
    ]);
  });

  test('user set-password reads the password from stdin', async () => {
    const stdin = 'a long password\n';

    const run = await runSmolGang(['user', 'set-password', EMAIL], { env, stdin });

    expect(run.out).toContain('has a new password');
    expect(listCalls('changeUser')).toMatchObject([{ body: { password: 'a long password' } }]);
  });

  test('user end-sessions and session end ask for a confirmation', async () => {
    for (const args of [
      ['user', 'end-sessions', EMAIL],
      ['session', 'end', SESSION_ID],
    ]) {
      const asked = await runSmolGang(args, { env });
      const confirmed = await runSmolGang([...args, '--yes'], { env });
      expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
      expect(confirmed.code).toBe(0);
    }
    expect(listCalls('endUserSessions')).toMatchObject([{ params: { email: EMAIL } }]);
    expect(listCalls('endSession')).toMatchObject([{ params: { session: SESSION_ID } }]);
  });

  test('session list marks the own session', async () => {
    const run = await runSmolGang(['session', 'list'], { env });

    expect(run.out).toMatch(new RegExp(`${SESSION_ID}\\s+${EMAIL}.*this session`));
  });

  test('password change reads two lines of stdin and continues the stored sign-in', async () => {
    await runSmolGang(['login', `${api.url}/#signin=once`]);
    api.tokens.add('access-changed');
    api.answers.changePassword = () => ({
      accessToken: 'access-changed',
      refreshToken: 'r2',
      expiresAt: Date.now() + 600_000,
      user: { email: 'ada@example.com', role: 'operator' },
    });
    const stdin = 'the old password\nthe new password\n';

    const run = await runSmolGang(['password', 'change'], { stdin });

    expect(run).toMatchObject({ code: 0, err: '' });
    expect(listCalls('changePassword')).toMatchObject([
      { body: { current: 'the old password', next: 'the new password' } },
    ]);
    expect(await readFile(getCredentialsPath(), 'utf8')).toContain('access-changed');
  });

  test('logout deletes the sign-in although the server cannot end the session, and says so', async () => {
    await runSmolGang(['login', `${api.url}/#signin=once`]);
    api.answers.logout = () => {
      throw new ApiRefusal(500, 'internal', 'broken');
    };

    const run = await runSmolGang(['logout']);

    expect(run.out).toContain('Signed out');
    expect(run.err).toContain('was not ended on the server');
    expect(await runSmolGang(['whoami', '--url', api.url])).toMatchObject({ code: 3 });
  });
});

describe('the file .env', () => {
  test('the file gives the URL and the token, and the environment has precedence', async () => {
    const path = join(folder.path, 'settings.env');
    await writeFile(path, `SMOL_GANG_URL=${api.url}\nSMOL_GANG_TOKEN=${TOKEN}\n`);
    const env = { SMOL_GANG_ENV_FILE: path };

    const fromFile = await runCliInProcess(['whoami', '--verbose'], { home, env });
    const refused = await runCliInProcess(['whoami'], {
      home,
      env: { ...env, SMOL_GANG_TOKEN: 'wrong' },
    });

    expect(fromFile).toMatchObject({ code: 0, out: expect.stringContaining('ada@example.com') });
    expect(fromFile.err).toContain(`from SMOL_GANG_URL in ${path}`);
    expect(refused.code).toBe(3);
  });

  test('a .env of the working folder is not read, because a cloned repository can contain one', async () => {
    await writeFile(join(folder.path, '.env'), 'SMOL_GANG_URL=http://stranger.example\n');

    const run = await runCliInProcess(['whoami', '--verbose'], {
      home,
      cwd: folder.path,
      env: { SMOL_GANG_ENV_FILE: undefined, SMOL_GANG_TOKEN: TOKEN },
    });

    expect(run.err).not.toContain('stranger');
  });

  test('a file that SMOL_GANG_ENV_FILE names must exist', async () => {
    const env = { SMOL_GANG_ENV_FILE: 'missing.env' };
    const run = await runCliInProcess(['whoami'], { home, cwd: folder.path, env });

    expect(run).toMatchObject({ code: 2, err: expect.stringContaining('missing.env') });
  });
});
