import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createTemporaryFolder } from '../../support/store/test-emulators.ts';

const MAIN = fileURLToPath(new URL('../../../local/main.ts', import.meta.url));

test('the platform refuses to start with invalid settings and reports all of them', async () => {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      SMOL_FORGE_PORT: '0',
      SMOL_DATA_DIR: await createTemporaryFolder(),
      AGENT: 'opencod',
      SLOTS: '5000',
      LEASE_SECONDS: '10',
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));

  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);

  expect(code).toBe(1);
  expect(output).toMatch(/AGENT .*known agent/);
  expect(output).toMatch(/SLOTS .*at most 2000/);
  expect(output).toContain('at most a third of LEASE_SECONDS');
});
