import { isAppError } from '../../core/base/app-error.ts';
import type { StartCommand, StartReply } from './emulator-message.ts';
import { STOP_COMMAND, startCommandSchema } from './emulator-message.ts';
import { startQueues } from './start-queues.ts';
import { startStore } from './start-store.ts';

// The process of the laptop's store and queues. It ends with the platform that started it, however that ends.

let stop = async (): Promise<void> => {};

process.on('message', (message) => {
  if (message === STOP_COMMAND) void stop().finally(() => process.exit(0));
  else void handleStartCommand(startCommandSchema.parse(message));
});
process.on('disconnect', () => process.exit(0));
// A terminal sends these to all of its processes: the platform decides when its store may end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

async function handleStartCommand(options: StartCommand): Promise<void> {
  try {
    sendReply(await startServers(options));
  } catch (error) {
    const code = isAppError(error) ? error.code : 'failed';
    sendReply({ code, message: error instanceof Error ? error.message : String(error) });
  }
}

async function startServers(options: StartCommand): Promise<StartReply> {
  const { credential } = options;
  const store = await startStore({
    dataDir: options.storeDir,
    credential,
    port: options.storePort,
  });
  const queues = await startQueues({
    dataDir: options.queuesDir,
    credential,
    port: options.queuesPort,
    keepInFlight: options.isAgain,
  });
  stop = async () => {
    await queues.close();
    await store.close();
  };
  const { endpoint, urls } = queues;
  return { store: store.endpoint, queues: { endpoint, urls } };
}

function sendReply(begun: StartReply): void {
  process.send?.(begun);
}
