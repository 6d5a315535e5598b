import { expect, onTestFinished, test } from 'vitest';
import { createCredential } from '../../../local/credential.ts';
import { startGateway } from '../../../local/gateway/start-gateway.ts';
import { createSilentLog } from '../../support/silent-log.ts';

test('the front page names the forge and the next commands', async () => {
  const gateway = await startGateway({
    port: 0,
    functions: [],
    credential: createCredential(),
    forgeUrl: 'http://127.0.0.1:3001',
    log: createSilentLog(),
  });
  onTestFinished(() => gateway.close());

  const page = await (await fetch(`${gateway.url}/`)).text();

  expect(page).toContain('href="http://127.0.0.1:3001"');
  expect(page).toContain('smol-gang status');
});
