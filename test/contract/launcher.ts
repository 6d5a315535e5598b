import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PodLauncher, PodSpec } from '../../core/port/launcher.ts';
import { waitUntil } from '../support/wait-until.ts';

// What every PodLauncher does, wherever its pods run.

export type LauncherHarness = {
  readonly launcher: PodLauncher;
  /** A second launcher over the same pods, as after a restart. */
  again(): PodLauncher;
  now(): number;
  /** Moves the launcher's clock. */
  advanceClock(ms: number): void;
  /** The pod ends by itself. */
  endPodFromInside(name: string): Promise<void>;
  /** Whether anything of the pod still runs. */
  isAlive(name: string): Promise<boolean>;
  close(): Promise<void>;
};

export const LAUNCHER_TOKEN = 'attempt-token-that-nobody-may-see';

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

  function spec(name: string): PodSpec {
    return createPodSpec(name, harness.now() + 3_600_000);
  }

  async function stateOf(name: string): Promise<string | undefined> {
    return (await harness.launcher.list()).find((pod) => pod.name === name)?.state;
  }

  async function runningPod(name: string) {
    const pod = await harness.launcher.ensure(spec(name));
    await waitUntil(`${name} runs`, async () => (await stateOf(name)) === 'running');
    return pod;
  }

  async function removed(name: string): Promise<void> {
    await waitUntil(
      `${name} is gone`,
      async () => (await harness.launcher.remove(name)) === 'gone',
    );
  }

  describe(`a ${kind} launcher`, () => {
    test('starts a pod and lists it with its attempt', async () => {
      const pod = await runningPod('one');

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

    test('starts one pod for a name, also when asked again and at the same moment', async () => {
      const first = await Promise.all([1, 2, 3, 4].map(() => harness.launcher.ensure(spec('one'))));
      const later = await harness.launcher.ensure(spec('one'));

      expect(new Set([...first, later].map((pod) => pod.uid)).size).toBe(1);
      expect(await harness.launcher.list()).toHaveLength(1);
    });

    test('finds its pods after a restart, and starts none of them again', async () => {
      const pod = await runningPod('one');

      const next = harness.again();

      expect(await next.list()).toMatchObject([{ name: 'one', uid: pod.uid, state: 'running' }]);
      expect((await next.ensure(spec('one'))).uid).toBe(pod.uid);
    });

    test('two launchers asked at the same moment start one pod', async () => {
      const next = harness.again();

      const pods = await Promise.all([
        harness.launcher.ensure(spec('one')),
        next.ensure(spec('one')),
        harness.launcher.ensure(spec('one')),
        next.ensure(spec('one')),
      ]);

      expect(new Set(pods.map((pod) => pod.uid)).size).toBe(1);
    });

    test('says gone only when nothing of a removed pod runs', async () => {
      await runningPod('one');
      await runningPod('two');

      await removed('one');

      expect(await harness.isAlive('one')).toBe(false);
      expect(await stateOf('one')).toBeUndefined();
      expect(await stateOf('two')).toBe('running');
    });

    test('removing what is not there, or twice, is gone', async () => {
      await runningPod('one');

      await removed('one');

      expect(await harness.launcher.remove('one')).toBe('gone');
      expect(await harness.launcher.remove('never-there')).toBe('gone');
    });

    test('leaves a pod alone when another incarnation is to be removed', async () => {
      await runningPod('one');

      expect(await harness.launcher.remove('one', 'another-uid')).toBe('gone');

      expect(await stateOf('one')).toBe('running');
    });

    test('a name is free again after its pod is gone', async () => {
      const first = await runningPod('one');
      await removed('one');

      const second = await runningPod('one');

      expect(second.uid).not.toBe(first.uid);
    });

    test('says of a pod that ended by itself that it is gone, until it is removed', async () => {
      const pod = await runningPod('one');

      await harness.endPodFromInside('one');

      await waitUntil('it is listed as gone', async () => (await stateOf('one')) === 'gone');
      expect(await harness.launcher.ensure(spec('one'))).toMatchObject({
        uid: pod.uid,
        state: 'gone',
      });
      await removed('one');
      expect(await stateOf('one')).toBeUndefined();
    });

    test('kills what still runs at its deadline', async () => {
      await runningPod('one');

      harness.advanceClock(3_600_001);

      await waitUntil('it is gone', async () => [undefined, 'gone'].includes(await stateOf('one')));
      expect(await harness.isAlive('one')).toBe(false);
    });
  });
}
