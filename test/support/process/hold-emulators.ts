import { createCredential } from '../../../local/emulator/credential.ts';
import { startEmulators } from '../../../local/emulator/start-emulators.ts';
import { createSilentLog } from '../silent-log.ts';

// Starts store and queues as the platform does, until it is killed: `hold-emulators.ts <data folder>`. Its first line on
// standard output is their process.

const [, , dataDir = ''] = process.argv;
const emulators = await startEmulators({
  storeDir: `${dataDir}/store`,
  queuesDir: `${dataDir}/queues`,
  credential: createCredential(),
  log: createSilentLog(),
  env: process.env,
});
console.log(emulators.pid());
