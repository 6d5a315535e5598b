import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PodLauncher, PodSpec } from '../../core/port/launcher.ts';
import { waitUntil } from '../support/wait-until.ts';

// Tests the contract of every PodLauncher, wherever its pods run.

/** Launcher under test, and operations that control its clock and pods. */
export type LauncherHarness = {
  readonly launcher: PodLauncher;
  /** Creates another launcher over the same pods, as after a restart. */
  createLauncher(): PodLauncher;
  now(): number;
  /** Advances the clock of the launcher. */
  advanceClock(durationMs: number): void;
  /** Makes the process of the pod exit. */
  endPodFromInside(name: string): Promise<void>;
  /** True while any process of the pod runs. */
  isAlive(name: string): Promise<boolean>;
  close(): Promise<void>;
};

export const LAUNCHER_TOKEN = 'secret-attempt-token';

export function createPodSpec(name: string, deadline: number): PodSpec {
  return {
    name,
    attemptId: `p0000000001.r1.${name}.1`,
    apiUrl: 'http://127.0.0.1:9',
    token: LAUNCHER_TOKEN,
    deadline,
    labels: { plan: 'p0000000001', run: '1', task: name, attempt: '1', repo: 'demo' },
  };
}

export function describeLauncherContract(
  kind: string,
  makeHarness: () => Promise<LauncherHarness>,
): void {
  let harness: LauncherHarness;

  beforeEach(async () => {
    harness = await makeHarness();
  });
  afterEach(async () => {
    await harness.close();
  });

  function createSpec(name: string): PodSpec {
    return createPodSpec(name, harness.now() + 3_600_000);
  }

  async function readState(name: string): Promise<string | undefined> {
    return (await harness.launcher.list()).find((pod) => pod.name === name)?.state;
  }

  async function startPod(name: string) {
    const pod = await harness.launcher.ensure(createSpec(name));
    await waitUntil(`${name} runs`, async () => (await readState(name)) === 'running');
    return pod;
  }

  async function removePod(name: string): Promise<void> {
    await waitUntil(
      `${name} is gone`,
      async () => (await harness.launcher.remove(name)) === 'gone',
    );
  }

  describe(`a ${kind} launcher`, () => {
    test('starts a pod and lists the pod with its attempt', async () => {
      const pod = await startPod('one');

      const [listed, ...others] = await harness.launcher.list();
      expect(others).toEqual([]);
      expect(listed).toMatchObject({
        name: 'one',
        attemptId: 'p0000000001.r1.one.1',
        state: 'running',
        uid: pod.uid,
      });
      expect(await harness.isAlive('one')).toBe(true);
    });

    test('starts a single pod for concurrent and repeated requests with the same name', async () => {
      const first = await Promise.all(
        [1, 2, 3, 4].map(() => harness.launcher.ensure(createSpec('one'))),
      );
      const later = await harness.launcher.ensure(createSpec('one'));

      expect(new Set([...first, later].map((pod) => pod.uid)).size).toBe(1);
      expect(await harness.launcher.list()).toHaveLength(1);
    });

    test('finds its pod after a restart and starts no second pod', async () => {
      const pod = await startPod('one');

      const next = harness.createLauncher();

      expect(await next.list()).toMatchObject([{ name: 'one', uid: pod.uid, state: 'running' }]);
      expect((await next.ensure(createSpec('one'))).uid).toBe(pod.uid);
    });

    test('starts a single pod for concurrent requests to two launchers', async () => {
      const next = harness.createLauncher();

      const pods = await Promise.all([
        harness.launcher.ensure(createSpec('one')),
        next.ensure(createSpec('one')),
        harness.launcher.ensure(createSpec('one')),
        next.ensure(createSpec('one')),
      ]);

      expect(new Set(pods.map((pod) => pod.uid)).size).toBe(1);
    });

    test('reports a removed pod as gone only after all its processes have exited', async () => {
      await startPod('one');
      await startPod('two');

      await removePod('one');

      expect(await harness.isAlive('one')).toBe(false);
      expect(await readState('one')).toBeUndefined();
      expect(await readState('two')).toBe('running');
    });

    test('reports a removed pod and an unknown pod as gone when asked to remove them', async () => {
      await startPod('one');

      await removePod('one');

      expect(await harness.launcher.remove('one')).toBe('gone');
      expect(await harness.launcher.remove('never-there')).toBe('gone');
    });

    test('keeps a pod when the removal names another uid', async () => {
      await startPod('one');

      expect(await harness.launcher.remove('one', 'another-uid')).toBe('gone');

      expect(await readState('one')).toBe('running');
    });

    test('starts a new pod under the name of a removed pod', async () => {
      const first = await startPod('one');
      await removePod('one');

      const second = await startPod('one');

      expect(second.uid).not.toBe(first.uid);
    });

    test('lists a pod that exited on its own as gone until its removal', async () => {
      const pod = await startPod('one');

      await harness.endPodFromInside('one');

      await waitUntil('the pod is listed as gone', async () => (await readState('one')) === 'gone');
      expect(await harness.launcher.ensure(createSpec('one'))).toMatchObject({
        uid: pod.uid,
        state: 'gone',
      });
      await removePod('one');
      expect(await readState('one')).toBeUndefined();
    });

    test('kills a pod at its deadline', async () => {
      await startPod('one');

      harness.advanceClock(3_600_001);

      await waitUntil('the pod is gone', async () =>
        [undefined, 'gone'].includes(await readState('one')),
      );
      expect(await harness.isAlive('one')).toBe(false);
    });
  });
}
