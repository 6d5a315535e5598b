import { createCredential } from '../../../local/credential.ts';
import { startEmulators } from '../../../local/emulator/start-emulators.ts';
import { createSilentLog } from '../silent-log.ts';

// Usage: hold-emulators.ts <data folder>
// Starts the emulated store and queues like the platform and runs until it is killed. The first line on standard output is the process id
// of the emulators.

const [, , dataDir = ''] = process.argv;
const emulators = await startEmulators({
  storeDir: `${dataDir}/store`,
  queuesDir: `${dataDir}/queues`,
  credential: createCredential(),
  log: createSilentLog(),
  env: process.env,
});
console.log(emulators.pid());
