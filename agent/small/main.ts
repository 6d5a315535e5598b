import { Readable, Writable } from 'node:stream';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { createSmallAgent } from './create-small-agent.ts';
import { readSmallAgentConfig } from './small-agent-config.ts';

// The built-in agent as a process: ACP over stdin and stdout, until stdin closes.

const small = createSmallAgent(() => readSmallAgentConfig(process.env));
const connection = small.app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)),
);
await connection.closed;
await small.cancelAll();
process.exit(0);
