import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogFile, REOPEN_AFTER_MS, REPORT_EVERY_MS } from './create-log-file.ts';

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('appends each line to the file', async () => {
  const path = join(await createFolder(), 'platform.log');
  const write = createLogFile(path);

  write('first');
  write('second');

  await expect.poll(() => readFile(path, 'utf8')).toBe('first\nsecond\n');
});

test.skipIf(!existsSync('/dev/full'))('reports a full disk instead of throwing', async () => {
  const reports: string[] = [];
  const write = createLogFile('/dev/full', { report: (text) => reports.push(text) });

  write('lost');

  await expect.poll(() => reports.join()).toContain('/dev/full cannot be written (ENOSPC');
});

test('opens the file again when the cause of the error is gone', async () => {
  const path = join(await createFolder(), 'platform.log');
  await mkdir(path);
  const reports: string[] = [];
  let now = 0;
  const write = createLogFile(path, { now: () => now, report: (text) => reports.push(text) });
  write('lost');
  await expect.poll(() => reports).toHaveLength(1);
  await rmdir(path);

  now = REOPEN_AFTER_MS - 1;
  write('too early');
  now = REOPEN_AFTER_MS;
  write('stored');

  await expect.poll(() => readFile(path, 'utf8').catch(() => '')).toBe('stored\n');
});

test('reports lost lines at most once a minute, with their number', async () => {
  const path = await createFolder();
  const reports: string[] = [];
  let now = 0;
  let failures = 0;
  const write = createLogFile(path, {
    now: () => {
      failures += 1;
      return now;
    },
    report: (text) => reports.push(text),
  });
  await expect.poll(() => reports).toHaveLength(1);

  now = REOPEN_AFTER_MS;
  const failuresBefore = failures;
  write('first');
  // The write reads the clock once, and the failure of the file reads the clock again.
  await expect.poll(() => failures).toBe(failuresBefore + 2);
  expect(reports).toHaveLength(1);
  now = REPORT_EVERY_MS;
  write('second');

  await expect.poll(() => reports).toHaveLength(2);
  expect(reports[1]).toContain('2 lines lost so far');
});
