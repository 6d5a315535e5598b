import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { createSmallAgent } from './create-small-agent.ts';
import { createSessionFile } from './saved-session.ts';
import { readSmallAgentConfig } from './small-agent-config.ts';

// Entry point of the built-in agent: ACP over stdin and stdout, until stdin closes.

const smallAgent = createSmallAgent(
  () => readSmallAgentConfig(process.env),
  createSessionFile(join(homedir(), '.smol-agent')),
);
const connection = smallAgent.app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)),
);
await connection.closed;
await smallAgent.cancelAll();
process.exit(0);
