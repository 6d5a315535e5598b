import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { handleProcessErrors } from './handle-process-errors.ts';

/** Emits errors like a process, and records what the handler does. */
function createProcess(stop: () => Promise<void> = async () => {}) {
  const events = new EventEmitter();
  const logged: unknown[] = [];
  const printed: string[] = [];
  const calls: string[] = [];
  handleProcessErrors(events, {
    log: { info: () => {}, warn: () => {}, error: (_, fields) => logged.push(fields) },
    print: (text) => printed.push(text),
    stop: async () => {
      calls.push('stop');
      await stop();
    },
    exit: (code) => calls.push(`exit ${code}`),
  });
  return { events, logged, printed, calls };
}

function createSystemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

test.each([
  ['ENOSPC', 'free disk space'],
  ['EMFILE', 'ulimit -n'],
  ['ENFILE', 'ulimit -n'],
  ['EROFS', 'writable'],
  ['EACCES', 'access'],
  ['EPIPE', 'connection'],
])('the platform keeps running after %s, with advice that contains "%s"', (code, advice) => {
  const { events, logged, printed, calls } = createProcess();

  events.emit('uncaughtException', createSystemError(code));
  events.emit('unhandledRejection', createSystemError(code));

  expect(calls).toEqual([]);
  expect(logged).toHaveLength(2);
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain(advice);
});

test.each([
  ['uncaughtException', new TypeError('x is undefined')],
  ['unhandledRejection', 'a text'],
])('the platform stops in order after an unexpected error of %s', async (event, error) => {
  const { events, printed, calls } = createProcess();

  events.emit(event, error);
  events.emit(event, error);

  await expect.poll(() => calls).toEqual(['stop', 'exit 1']);
  expect(printed).toHaveLength(1);
});

test('the process exits even if the stop fails', async () => {
  const { events, calls } = createProcess(() => Promise.reject(new Error('stuck')));

  events.emit('uncaughtException', new Error('unexpected'));

  await expect.poll(() => calls).toEqual(['stop', 'exit 1']);
});
