import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessTable } from '../../../agent/bridge/host/process-table.ts';
import { isProcessRunning } from '../../support/bridge/bridge-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ENV = { PATH: process.env.PATH ?? '' };
let table: ProcessTable;
let controller: AbortController;
beforeEach(() => {
  table = new ProcessTable(`test.${process.pid}.${Math.random()}`, ENV.PATH);
  controller = new AbortController();
});
afterEach(() => table.killAll());

function runCommand(command: string[], change: Partial<Parameters<ProcessTable['run']>[1]> = {}) {
  const options = { cwd: '/', env: ENV, signal: controller.signal, overflow: 'tail' as const };
  return table.run(command, { ...options, maxChars: 1_000, ...change });
}

test('a command receives the input on standard input, and its output and exit code are returned', async () => {
  const finished = await runCommand(['sh', '-c', 'cat; echo err >&2; exit 3'], { input: 'in\n' });

  expect(finished).toMatchObject({
    exitCode: 3,
    stdout: 'in\n',
    stderr: 'err\n',
    hasTimedOut: false,
  });
  expect(finished.output).toContain('err');
});

test('arguments are not interpreted by a shell', async () => {
  expect((await runCommand(['printf', '%s', '$(id) ; `id`'])).stdout).toBe('$(id) ; `id`');
});

test('a command that cannot be started has the exit code null and a message in its output', async () => {
  const finished = await runCommand(['/nowhere/command']);

  expect(finished.exitCode).toBeNull();
  expect(finished.output).toContain('cannot start /nowhere/command');
});

test('a child has exactly the given environment and the marker', async () => {
  const { stdout } = await runCommand(['/usr/bin/env']);

  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== '').sort()).toEqual(['PATH', 'SMOL_CHILD_OF']);
});

test('a long output is cut to its end with the overflow `tail`, and kills the command with the overflow `fail`', async () => {
  const command = ['sh', '-c', 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done'];

  const { stdout } = await runCommand(command);
  expect(stdout.endsWith('2998\n2999\n')).toBe(true);
  expect(stdout.length).toBeLessThan(70_000);

  expect((await runCommand(command, { overflow: 'fail' })).exitCode).toBeNull();
});

test('a command past its timeout is killed with its descendants', async () => {
  const finished = await runCommand(['sh', '-c', 'sleep 1000 & echo $!; wait'], { timeoutMs: 200 });

  expect(finished).toMatchObject({ exitCode: null, hasTimedOut: true });
  const childPid = Number(finished.stdout);
  await waitUntil('the child is dead', () => !isProcessRunning(childPid));
});

test('a background process does not delay the end of its command and is killed when the command exits', async () => {
  const finished = await runCommand(['sh', '-c', 'sleep 1000 & echo $!']);

  expect(finished.exitCode).toBe(0);
  const childPid = Number(finished.stdout);
  await waitUntil('the child is dead', () => !isProcessRunning(childPid));
});

test('a daemon outside the process group does not delay the end of its command and is killed by killAll', async () => {
  const finished = await runCommand(['sh', '-c', 'setsid sleep 1000 & echo $!; sleep 0.2']);
  expect(finished.exitCode).toBe(0);

  table.killAll();

  await waitUntil('the daemon is dead', () => !isProcessRunning(Number(finished.stdout)));
});

test('an abort kills the command and throws the reason', async () => {
  const running = runCommand(['sleep', '1000']);
  controller.abort(new Error('enough'));

  await expect(running).rejects.toThrow('enough');
  await expect(runCommand(['true'])).rejects.toThrow('enough');
});
