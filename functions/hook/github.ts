import { HOOK_API } from '../../core/contract/api.ts';
import { getQueue } from '../deps/get-queue.ts';
import { getTable } from '../deps/get-table.ts';
import { clock, getLog } from '../deps/runtime.ts';
import { getWebhookVerifier, parseWebhook } from '../deps/webhook.ts';
import { createApp } from '../http/create-app.ts';
import type { LambdaHttpHandler } from '../http/create-lambda-handler.ts';
import { createLambdaHandler } from '../http/create-lambda-handler.ts';
import { hookHandlers } from '../http/handler/hook.ts';
import { once } from '../once.ts';

const getLambdaHandler = once(() => {
  const app = createApp({
    routes: HOOK_API,
    handlers: hookHandlers,
    authorize: {
      signature: (body, signature) => getWebhookVerifier()(body, signature),
    },
    deps: () => ({
      table: getTable(),
      queue: getQueue(),
      clock,
      parseWebhook,
    }),
    log: getLog(),
    clock,
  });
  return createLambdaHandler(app, { log: getLog(), clock });
});

/**
 * Receives webhooks of GitHub and of the local forge: verifies the signature, drops repeated deliveries and enqueues a wake-up
 * for each new delivery.
 */
export const handler: LambdaHttpHandler = (event) => getLambdaHandler()(event);
