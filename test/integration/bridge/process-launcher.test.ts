import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PodRecord } from '../../../adapters/process/pod-record.ts';
import { writePodRecord } from '../../../adapters/process/pod-record.ts';
import { createPodSpec, LAUNCHER_TOKEN } from '../../contract/launcher.ts';
import type { LauncherFixture } from '../../support/process/process-pods.ts';
import {
  createLauncherFixture,
  FAKE_BRIDGE,
  findProcessesByEnvironment,
  isProcessAlive,
} from '../../support/process/process-pods.ts';
import { waitUntil } from '../../support/wait-until.ts';

let pods: LauncherFixture;
const HOUR_MS = 3_600_000;

beforeEach(async () => {
  pods = await createLauncherFixture();
});
afterEach(async () => {
  await pods.close();
});

function createSpec(name: string) {
  return createPodSpec(name, pods.now() + HOUR_MS);
}

describe('the bridge', () => {
  test('gets exactly its environment, and the token is in no file and no argument', async () => {
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

  test('writes a log of bounded size that only the owner can read', async () => {
    const launcher = pods.launcher('chatty');
    await launcher.ensure(createSpec('one'));
    await pods.waitUntilReady('one');
    const log = join(pods.stateDir, 'one/bridge.log');
    await waitUntil('the log is long', async () => (await stat(log)).size > 1_000_000);

    await launcher.list();

    expect((await stat(log)).mode & 0o777).toBe(0o600);
    expect((await stat(log)).size).toBeLessThan(300_000);
    expect(await readFile(log, 'utf8')).toContain('59999');
  });

  test('is gone after a crash at the start, and the end of its log is saved', async () => {
    const launcher = pods.launcher('crash');
    await launcher.ensure(createSpec('one'));
    await waitUntil('the pod is gone', async () => (await launcher.list())[0]?.state === 'gone');

    expect(await launcher.remove('one')).toBe('gone');

    const [log = ''] = await readdir(join(pods.stateDir, '.ended'));
    expect(await readFile(join(pods.stateDir, '.ended', log), 'utf8')).toContain('simulated crash');
  });

  test('is killed together with descendants outside its process group and session', async () => {
    const launcher = pods.launcher('stubborn', { graceMs: 200 });
    await launcher.ensure(createSpec('one'));
    const { pid, pids } = await pods.waitUntilReady('one');
    // The shell creates the file before it writes the process id, so the file can be empty.
    const orphanPid = await waitUntil('the orphan lives', () =>
      readFile(join(pods.stateDir, 'one/work/orphan'), 'utf8').then(
        (text) => Number(text) || undefined,
        () => undefined,
      ),
    );
    const members = [pid, ...pids, orphanPid];
    for (const member of members) expect(await isProcessAlive(member)).toBe(true);

    expect(await launcher.remove('one')).toBe('gone');

    for (const member of members) expect(await isProcessAlive(member)).toBe(false);
    await expect(stat(join(pods.stateDir, 'one'))).rejects.toThrow('ENOENT');
  });

  test('leaves no process and no file after a kill, because `list` removes them', async () => {
    const launcher = pods.launcher('stubborn');
    await launcher.ensure(createSpec('one'));
    const { pid, pids } = await pods.waitUntilReady('one');

    process.kill(pid, 'SIGKILL');
    await waitUntil('the pod is gone', async () => (await launcher.list())[0]?.state === 'gone');

    for (const member of pids) expect(await isProcessAlive(member)).toBe(false);
    await expect(stat(join(pods.stateDir, 'one/work'))).rejects.toThrow('ENOENT');
  });

  test('is killed by the sweep after its deadline', async () => {
    await pods.launcher('stubborn', { sweepMs: 20 }).ensure(createSpec('one'));
    const { pid } = await pods.waitUntilReady('one');

    pods.advanceClock(HOUR_MS);

    await waitUntil('the bridge is dead', async () => !(await isProcessAlive(pid)));
  });

  test('is killed by killAll together with all other bridges', async () => {
    const launcher = pods.launcher();
    const readyBridges = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        await launcher.ensure(createSpec(name));
        return await pods.waitUntilReady(name);
      }),
    );

    await launcher.killAll();

    for (const { pid } of readyBridges) expect(await isProcessAlive(pid)).toBe(false);
    expect(await launcher.list()).toEqual([]);
  });

  test('is not started for an invalid pod name', async () => {
    const launcher = pods.launcher();
    await expect(launcher.ensure({ ...createSpec('one'), name: '../one' })).rejects.toMatchObject({
      code: 'bad_pod_name',
    });
    expect(await launcher.list()).toEqual([]);
  });
});

describe('after a crash of the launcher', () => {
  function createRecord(name: string, change: Partial<PodRecord>): PodRecord {
    return {
      version: 1,
      name,
      attemptId: `p0000000001.r1.${name}.1`,
      uid: 'uid-of-earlier-pod',
      phase: 'intent',
      startedAt: pods.now(),
      deadline: pods.now() + HOUR_MS,
      launcher: { pid: process.pid, startTime: 'of another process' },
      ...change,
    };
  }

  /** Writes a pod record, as a crashed launcher may leave behind. Returns the folder of the pod. */
  async function writeRecord(record: PodRecord): Promise<string> {
    const folder = join(pods.stateDir, record.name);
    await mkdir(folder);
    await writePodRecord(folder, record);
    return folder;
  }

  test('a pod with the recorded phase intent but without a process is started again', async () => {
    await writeRecord(createRecord('one', {}));
    const launcher = pods.launcher();
    expect(await launcher.list()).toMatchObject([{ name: 'one', state: 'gone' }]);

    const pod = await launcher.ensure(createSpec('one'));

    expect(pod).toMatchObject({ state: 'running' });
    expect(pod.uid).not.toBe('uid-of-earlier-pod');
    await pods.waitUntilReady('one');
  });

  test('a bridge that was started but is not yet in the pod record is adopted', async () => {
    const folder = await writeRecord(createRecord('one', {}));
    const env = { SMOL_POD_UID: 'uid-of-earlier-pod', SMOL_WORK_DIR: join(folder, 'work') };
    const child = spawn(process.execPath, [FAKE_BRIDGE], { env, detached: true, stdio: 'ignore' });
    await pods.waitUntilReady('one');
    const launcher = pods.launcher();

    const pod = await launcher.ensure(createSpec('one'));

    expect(pod).toMatchObject({ uid: 'uid-of-earlier-pod', state: 'running' });
    expect(await launcher.remove('one')).toBe('gone');
    expect(await isProcessAlive(child.pid ?? 0)).toBe(false);
  });

  test('a process that reuses the pid of a bridge is left alone', async () => {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const bridge = { pid: child.pid ?? 0, startTime: 'of another process' };
    await writeRecord(createRecord('one', { phase: 'started', bridge }));
    const launcher = pods.launcher();

    expect(await launcher.list()).toMatchObject([{ name: 'one', state: 'gone' }]);
    expect(await launcher.remove('one')).toBe('gone');

    expect(await isProcessAlive(child.pid ?? 0)).toBe(true);
    child.kill('SIGKILL');
  });

  test('bridges of launchers that were killed during a start are all listed and can be killed', async () => {
    const apiUrl = `http://127.0.0.1:9/${process.pid}`;
    const launcherProgram = fileURLToPath(
      new URL('../../support/process/launcher-process.ts', import.meta.url),
    );
    for (const killDelayMs of [0, 3, 7, 12, 18, 25, 40, 60]) {
      const child = fork(launcherProgram, [pods.stateDir, apiUrl]);
      await once(child, 'message');
      const killAt = performance.now() + killDelayMs;
      await waitUntil('the time of the kill has come', () => performance.now() >= killAt);
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
