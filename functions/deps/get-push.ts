import { createPush } from '../../adapters/websocket/create-push.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

export const getPush = once(() => {
  const { push } = readConfig(['push']);
  return createPush({ endpoint: push.endpoint, region: push.region });
});
