import { expect, test } from 'vitest';
import { buildToolVariables } from './tool-environment.ts';

test('buildToolVariables gives the bridge the network settings, and all others as JSON', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:8080', RUSTUP_HOME: '/home/me/.rustup' };

  expect(buildToolVariables(environment)).toEqual({
    HTTPS_PROXY: 'http://proxy:8080',
    NODE_USE_ENV_PROXY: '1',
    SMOL_TOOL_ENV: JSON.stringify(environment),
  });
});
