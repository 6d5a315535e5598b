import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessTable } from '../../../agent/bridge/host/process-table.ts';
import { isProcessRunning } from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ENV = { PATH: process.env.PATH ?? '' };
let table: ProcessTable;
let controller: AbortController;
beforeEach(() => {
  table = new ProcessTable(`test.${process.pid}.${Math.random()}`);
  controller = new AbortController();
});
afterEach(() => table.killAll());

function runCommand(command: string[], more: Partial<Parameters<ProcessTable['run']>[1]> = {}) {
  const options = { cwd: '/', env: ENV, signal: controller.signal, keep: 'tail' as const };
  return table.run(command, { ...options, maxBytes: 1_000, ...more });
}

test('output, exit code and input of a command', async () => {
  const finished = await runCommand(['sh', '-c', 'cat; echo err >&2; exit 3'], { input: 'in\n' });

  expect(finished).toMatchObject({ exitCode: 3, stdout: 'in\n', stderr: 'err\n', timedOut: false });
  expect(finished.output).toContain('err');
});

test('arguments are not read by a shell', async () => {
  expect((await runCommand(['printf', '%s', '$(id) ; `id`'])).stdout).toBe('$(id) ; `id`');
});

test('a command that is not there is an answer, not an error', async () => {
  const finished = await runCommand(['/nowhere/command']);

  expect(finished.exitCode).toBeNull();
  expect(finished.output).toContain('cannot run /nowhere/command');
});

test('a child has the environment it was given and nothing of ours', async () => {
  const { stdout } = await runCommand(['/usr/bin/env']);

  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== '').sort()).toEqual(['PATH', 'SMOL_CHILD_OF']);
});

test('the end of a long output is kept, a long answer fails', async () => {
  const command = ['sh', '-c', 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done'];

  const kept = await runCommand(command);
  expect(kept.stdout.endsWith('2998\n2999\n')).toBe(true);
  expect(kept.stdout.length).toBeLessThan(70_000);

  expect((await runCommand(command, { keep: 'head' })).exitCode).toBeNull();
});

test('a command past its time is killed with all it started', async () => {
  const finished = await runCommand(['sh', '-c', 'sleep 1000 & echo $!; wait'], { timeoutMs: 200 });

  expect(finished).toMatchObject({ exitCode: null, timedOut: true });
  const child = Number(finished.stdout);
  await waitUntil('the child is dead', () => !isProcessRunning(child));
});

test('what a command leaves in the background does not hold it up and dies', async () => {
  const finished = await runCommand(['sh', '-c', 'sleep 1000 & echo $!']);

  expect(finished.exitCode).toBe(0);
  const child = Number(finished.stdout);
  await waitUntil('the child is dead', () => !isProcessRunning(child));
});

test('a daemon that left its group does not hold a command up, and is found at the end', async () => {
  const finished = await runCommand(['sh', '-c', 'setsid sleep 1000 & echo $!; sleep 0.2']);
  expect(finished.exitCode).toBe(0);

  table.killAll();

  await waitUntil('the daemon is dead', () => !isProcessRunning(Number(finished.stdout)));
});

test('an abort kills and throws its reason', async () => {
  const running = runCommand(['sleep', '1000']);
  controller.abort(new Error('enough'));

  await expect(running).rejects.toThrow('enough');
  await expect(runCommand(['true'])).rejects.toThrow('enough');
});
