import { isAppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { StartCommand, StartReply } from './emulator-message.ts';
import { STOP_COMMAND, startCommandSchema } from './emulator-message.ts';
import { startQueues } from './start-queues.ts';
import { startStore } from './start-store.ts';

// Program of the emulator process, which runs the emulators of DynamoDB (store) and SQS (queues). The process exits when the
// platform exits, even if the platform is killed.

let stop = async (): Promise<void> => {};

process.on('message', (message) => {
  if (message === STOP_COMMAND) void stop().finally(() => process.exit(0));
  else void handleStartCommand(startCommandSchema.parse(message));
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal signals this process as well as the platform. This process ignores the signals, because the platform
// needs the store until the platform itself has stopped.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

async function handleStartCommand(options: StartCommand): Promise<void> {
  try {
    sendReply(await startServers(options));
  } catch (error) {
    const code = isAppError(error) ? error.code : 'failed';
    sendReply({ code, message: describeError(error) });
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
    keepInFlight: options.isRestart,
  });
  stop = async () => {
    await queues.close();
    await store.close();
  };
  const { endpoint, urls } = queues;
  return { store: store.endpoint, queues: { endpoint, urls } };
}

function sendReply(reply: StartReply): void {
  process.send?.(reply);
}
