import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readProcess } from '../../../adapters/process/process-row.ts';
import { claimData, findDataHolder } from '../../../local/platform/claim-data.ts';
import { createTemporaryFolder } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

async function writeLock(folder: string, pid: number): Promise<void> {
  const lock = { pid, started: readProcess(pid)?.startTime };
  await writeFile(join(folder, 'platform.lock'), JSON.stringify(lock));
}

test('a data folder belongs to one running process, and is free after its release', async () => {
  const folder = await createTemporaryFolder();
  const release = await claimData(folder, 'embedded');

  expect(await findDataHolder(folder)).toBe(process.pid);
  await expect(claimData(folder, 'embedded')).rejects.toThrow(`process ${process.pid}`);

  await release();
  await (await claimData(folder, 'embedded'))();
});

test('an ended process whose parent does not collect its exit code holds no data', async () => {
  const folder = await createTemporaryFolder();
  // `sleep` replaces the shell and never collects the exit code of the shell's child. The child outlives the shell, which could
  // collect the code.
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60']);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [output] = await once(parent.stdout, 'data');
  const pid = Number(String(output).trim());
  await waitUntil('the child has ended', () => readProcess(pid)?.isZombie === true, 10_000);
  await writeLock(folder, pid);

  expect(await findDataHolder(folder)).toBeUndefined();
  await (await claimData(folder, 'embedded'))();
});

test('data of one kind of store is refused by the other kind, with the setting that continues the work', async () => {
  const folder = await createTemporaryFolder();
  await (await claimData(folder, 'dynamodb'))();

  const claim = claimData(folder, 'embedded');

  await expect(claim).rejects.toThrow(/start with STORE=dynamodb/);
  expect(await findDataHolder(folder)).toBeUndefined();
  await (await claimData(folder, 'dynamodb'))();
});

test('data of the first version belongs to the emulated store', async () => {
  const folder = await createTemporaryFolder();
  await writeFile(join(folder, 'version.json'), '{"version":1}');

  await expect(claimData(folder, 'embedded')).rejects.toThrow(/start with STORE=dynamodb/);
  await (await claimData(folder, 'dynamodb'))();
});
