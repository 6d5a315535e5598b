import { startQueues } from '../../local/emulator/start-queues.ts';
import { startStore } from '../../local/emulator/start-store.ts';

// Runs store and queues until it is killed: `run-emulators.ts <data folder>`, credential in the environment. Its first line
// on standard output says where they are.

const [, , dataDir = ''] = process.argv;
const credential = {
  accessKeyId: process.env.ACCESS_KEY_ID ?? '',
  secretAccessKey: process.env.SECRET_ACCESS_KEY ?? '',
};

const store = await startStore({ dataDir: `${dataDir}/store`, credential });
const queues = await startQueues({ dataDir: `${dataDir}/queues`, credential });
console.log(JSON.stringify({ store: store.endpoint, queues: queues.endpoint, urls: queues.urls }));
