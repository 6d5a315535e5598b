import { Readable, Writable } from 'node:stream';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { readConfig } from './config.ts';
import { createSmallAgent } from './create-small-agent.ts';

// The built-in agent as a process: ACP over stdin and stdout, until stdin closes.

const small = createSmallAgent(() => readConfig(process.env));
const connection = small.app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)),
);
await connection.closed;
await small.cancelAll();
process.exit(0);
