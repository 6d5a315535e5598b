import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PodRecord } from '../../../adapters/process/pod-record.ts';
import { writePodRecord } from '../../../adapters/process/pod-record.ts';
import { createPodSpec, LAUNCHER_TOKEN } from '../../contract/launcher.ts';
import type { ProcessPods } from '../../support/process/process-pods.ts';
import {
  FAKE_BRIDGE,
  findProcessesByEnvironment,
  isProcessAlive,
  makeProcessPods,
} from '../../support/process/process-pods.ts';
import { waitUntil } from '../../support/wait-until.ts';

let pods: ProcessPods;
const HOUR_MS = 3_600_000;

beforeEach(async () => {
  pods = await makeProcessPods();
});
afterEach(async () => {
  await pods.close();
});

function createSpec(name: string) {
  return createPodSpec(name, pods.now() + HOUR_MS);
}

describe('the bridge', () => {
  test('gets its environment and no other, and its secret is in no file and no argument', async () => {
    await pods.launcher().ensure(createSpec('one'));

    const { pid, env } = await pods.waitUntilReady('one');

    expect(env).toEqual({
      PATH: expect.any(String),
      SMOL_API_URL: 'http://127.0.0.1:9',
      SMOL_ATTEMPT_ID: 'p0000000001.r1.one.1',
      SMOL_ATTEMPT_TOKEN: LAUNCHER_TOKEN,
      SMOL_WORK_DIR: join(pods.stateDir, 'one/work'),
      SMOL_POD_UID: expect.any(String),
      FAKE_BRIDGE: '',
    });
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(LAUNCHER_TOKEN);
    for (const file of ['pod.json', 'bridge.log']) {
      expect(await readFile(join(pods.stateDir, 'one', file), 'utf8')).not.toContain(
        LAUNCHER_TOKEN,
      );
    }
  });

  test('writes a log that only its owner reads and that stays bounded', async () => {
    const launcher = pods.launcher('chatty');
    await launcher.ensure(createSpec('one'));
    await pods.waitUntilReady('one');
    const log = join(pods.stateDir, 'one/bridge.log');
    await waitUntil('all is written', async () => (await stat(log)).size > 1_000_000);

    await launcher.list();

    expect((await stat(log)).mode & 0o777).toBe(0o600);
    expect((await stat(log)).size).toBeLessThan(300_000);
    expect(await readFile(log, 'utf8')).toContain('59999');
  });

  test('that crashes at its start is gone, and its last words are kept', async () => {
    const launcher = pods.launcher('crash');
    await launcher.ensure(createSpec('one'));
    await waitUntil('it is gone', async () => (await launcher.list())[0]?.state === 'gone');

    expect(await launcher.remove('one')).toBe('gone');

    const [log = ''] = await readdir(join(pods.stateDir, '.ended'));
    expect(await readFile(join(pods.stateDir, '.ended', log), 'utf8')).toContain('cannot start');
  });

  test('is killed with all its family, also those that left its group, session and parent', async () => {
    const launcher = pods.launcher('stubborn', { graceMs: 200 });
    await launcher.ensure(createSpec('one'));
    const { pid, pids } = await pods.waitUntilReady('one');
    const orphan = await waitUntil('the orphan lives', () =>
      readFile(join(pods.stateDir, 'one/work/orphan'), 'utf8').then(Number, () => undefined),
    );
    const family = [pid, ...pids, orphan];
    for (const member of family) expect(await isProcessAlive(member)).toBe(true);

    expect(await launcher.remove('one')).toBe('gone');

    for (const member of family) expect(await isProcessAlive(member)).toBe(false);
    await expect(stat(join(pods.stateDir, 'one'))).rejects.toThrow('ENOENT');
  });

  test('that was killed leaves a family and files, which list cleans up', async () => {
    const launcher = pods.launcher('stubborn');
    await launcher.ensure(createSpec('one'));
    const { pid, pids } = await pods.waitUntilReady('one');

    process.kill(pid, 'SIGKILL');
    await waitUntil('it is gone', async () => (await launcher.list())[0]?.state === 'gone');

    for (const member of pids) expect(await isProcessAlive(member)).toBe(false);
    await expect(stat(join(pods.stateDir, 'one/work'))).rejects.toThrow('ENOENT');
  });

  test('that runs past its deadline is killed without anyone asking', async () => {
    await pods.launcher('stubborn', { sweepMs: 20 }).ensure(createSpec('one'));
    const { pid } = await pods.waitUntilReady('one');

    pods.advanceClock(HOUR_MS);

    await waitUntil('it is dead', async () => !(await isProcessAlive(pid)));
  });

  test('killAll ends everything', async () => {
    const launcher = pods.launcher();
    const ready = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        await launcher.ensure(createSpec(name));
        return await pods.waitUntilReady(name);
      }),
    );

    await launcher.killAll();

    for (const { pid } of ready) expect(await isProcessAlive(pid)).toBe(false);
    expect(await launcher.list()).toEqual([]);
  });

  test('a bridge that cannot be started is an error and leaves nothing', async () => {
    const launcher = pods.launcher();
    await expect(launcher.ensure({ ...createSpec('one'), name: '../one' })).rejects.toMatchObject({
      code: 'bad_pod_name',
    });
    expect(await launcher.list()).toEqual([]);
  });
});

describe('after a crash of the launcher', () => {
  function record(name: string, change: Partial<PodRecord>): PodRecord {
    return {
      version: 1,
      name,
      attemptId: `p0000000001.r1.${name}.1`,
      uid: 'uid-of-before',
      phase: 'intent',
      startedAt: pods.now(),
      deadline: pods.now() + HOUR_MS,
      launcher: { pid: process.pid, startTime: 'of another process' },
      ...change,
    };
  }

  async function leave(entry: PodRecord): Promise<string> {
    const folder = join(pods.stateDir, entry.name);
    await mkdir(folder);
    await writePodRecord(folder, entry);
    return folder;
  }

  test('an intent that became no process is started', async () => {
    await leave(record('one', {}));
    const launcher = pods.launcher();
    expect(await launcher.list()).toMatchObject([{ name: 'one', state: 'gone' }]);

    const pod = await launcher.ensure(createSpec('one'));

    expect(pod).toMatchObject({ state: 'running' });
    expect(pod.uid).not.toBe('uid-of-before');
    await pods.waitUntilReady('one');
  });

  test('a process that was started and not recorded is taken over', async () => {
    const folder = await leave(record('one', {}));
    const env = { SMOL_POD_UID: 'uid-of-before', SMOL_WORK_DIR: join(folder, 'work') };
    const child = spawn(process.execPath, [FAKE_BRIDGE], { env, detached: true, stdio: 'ignore' });
    await pods.waitUntilReady('one');
    const launcher = pods.launcher();

    const pod = await launcher.ensure(createSpec('one'));

    expect(pod).toMatchObject({ uid: 'uid-of-before', state: 'running' });
    expect(await launcher.remove('one')).toBe('gone');
    expect(await isProcessAlive(child.pid ?? 0)).toBe(false);
  });

  test('a process that only has the number of a pod is left alone', async () => {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const bridge = { pid: child.pid ?? 0, startTime: 'of another process' };
    await leave(record('one', { phase: 'started', bridge }));
    const launcher = pods.launcher();

    expect(await launcher.list()).toMatchObject([{ name: 'one', state: 'gone' }]);
    expect(await launcher.remove('one')).toBe('gone');

    expect(await isProcessAlive(child.pid ?? 0)).toBe(true);
    child.kill('SIGKILL');
  });

  test('no process is untracked, whenever the launcher is killed', async () => {
    const apiUrl = `http://127.0.0.1:9/${process.pid}`;
    const main = fileURLToPath(
      new URL('../../support/process/launcher-process.ts', import.meta.url),
    );
    for (const afterMs of [0, 3, 7, 12, 18, 25, 40, 60]) {
      const child = fork(main, [pods.stateDir, apiUrl]);
      await once(child, 'message');
      const killAt = performance.now() + afterMs;
      await waitUntil('the moment is there', () => performance.now() >= killAt);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }

    const launcher = pods.launcher('', { graceMs: 100 });
    const running = (await launcher.list()).filter((pod) => pod.state === 'running');
    const alive = await findProcessesByEnvironment(`SMOL_API_URL=${apiUrl}`);

    expect(alive.length).toBe(running.length);
    await launcher.killAll();
    expect(await findProcessesByEnvironment(`SMOL_API_URL=${apiUrl}`)).toEqual([]);
    expect((await readdir(pods.stateDir)).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});
