import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { isAppError } from '../../../core/base/app-error.ts';
import { checkPort } from '../../../local/check-port.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

test('checkPort returns a port on which a server can listen, and rejects the port while the server listens', async () => {
  const port = await checkPort('PORT', 0);
  const server = createServer();
  onTestFinished(() => void server.close());

  expect(await listenOnLoopback(server, port)).toBe(port);
  await expect(checkPort('PORT', port)).rejects.toSatisfy((error) =>
    isAppError(error, 'conflict', 'port_taken'),
  );
});

test('the error for a taken port names the process, its command and the variable to set', async () => {
  const script = `
    const server = require('node:http').createServer();
    server.listen(0, '0.0.0.0', () => console.log(server.address().port));
  `;
  const child = spawn(process.execPath, ['-e', script, 'private-argument'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout), 'line');

  const check = checkPort('SMOL_PORT', Number(line));

  await expect(check).rejects.toThrow(new RegExp(`process ${child.pid} \\(.*node`));
  await expect(check).rejects.toThrow(/SMOL_PORT/);
  await expect(check).rejects.not.toThrow(/private-argument/);
});
