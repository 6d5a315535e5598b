import { HOOK_API } from '../../core/contract/api.ts';
import { queue } from '../deps/queue.ts';
import { clock, log } from '../deps/runtime.ts';
import { table } from '../deps/table.ts';
import { parseWebhook, verifyWebhook } from '../deps/webhook.ts';
import { createApp } from '../http/app.ts';
import { hookHandlers } from '../http/handler/hook.ts';
import { createLambdaHandler, type LambdaHttpHandler } from '../http/lambda-handler.ts';
import { once } from '../once.ts';

const lambda = once(() => {
  const app = createApp({
    routes: HOOK_API,
    handlers: hookHandlers,
    authorize: {
      signature: (body, signature) => verifyWebhook()(body, signature),
    },
    deps: () => ({ table: table(), queue: queue(), clock, parseWebhook }),
    log: log(),
    clock,
  });
  return createLambdaHandler(app, { log: log(), clock });
});

/** Webhooks of GitHub and of the laptop's own forge: checked, remembered by their delivery id, and queued. */
export const handler: LambdaHttpHandler = (event) => lambda()(event);
