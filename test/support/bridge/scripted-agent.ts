import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { AgentContext, SessionUpdate } from '@agentclientprotocol/sdk';
import { agent, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import type { AgentScript, AgentStep } from './agent-script.ts';

// An ACP agent that plays the turns of a script file, one turn for each prompt. The agent writes prompts, answers and observations
// to a notes file, one JSON object per line.
//   node scripted-agent.ts <script file> <notes file>

const [scriptFile = '', notesFile = ''] = process.argv.slice(2);
const script: AgentScript = JSON.parse(readFileSync(scriptFile, 'utf8'));
const cwd = process.cwd();
const sessionId = 'scripted';
// The bridge may end the agent between two turns; the next process continues the script.
let turnIndex = countPrompts();
let clientCapabilities: unknown;
let cancelTurn: () => void = () => {};

function writeNote(entry: Record<string, unknown>): void {
  appendFileSync(notesFile, `${JSON.stringify(entry)}\n`);
}

function countPrompts(): number {
  if (!existsSync(notesFile)) return 0;
  const notes = readFileSync(notesFile, 'utf8').trim().split('\n');
  return notes.filter((note) => 'prompt' in JSON.parse(note || '{}')).length;
}

const app = agent({ name: 'scripted' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    clientCapabilities = params.clientCapabilities;
    return { protocolVersion: PROTOCOL_VERSION, agentCapabilities: script.capabilities ?? {} };
  })
  .onRequest(methods.agent.session.new, () => {
    writeNote({ session: 'new' });
    return { sessionId };
  })
  .onRequest(methods.agent.session.resume, ({ params }) => {
    writeNote({ session: 'resumed', id: params.sessionId });
    return {};
  })
  .onRequest(methods.agent.session.load, async ({ params, client }) => {
    writeNote({ session: 'loaded', id: params.sessionId });
    await playUpdate({ text: 'An earlier answer, sent again.' }, client);
    return {};
  })
  .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
    const prompt = params.prompt.map((block) => (block.type === 'text' ? block.text : '')).join('');
    writeNote({ prompt });
    const steps = script.turns[turnIndex] ?? [];
    turnIndex += 1;
    for (const step of steps) {
      if ((await playStep(step, client)) === 'cancelled')
        return { stopReason: 'cancelled' as const };
    }
    const last = steps.at(-1);
    return { stopReason: last && 'stop' in last ? last.stop : ('end_turn' as const) };
  })
  .onNotification(methods.agent.session.cancel, () => cancelTurn());

async function playStep(step: AgentStep, client: AgentContext): Promise<'cancelled' | undefined> {
  if ('hang' in step) {
    writeNote({ hanging: process.pid });
    await new Promise<void>((resolve) => {
      cancelTurn = resolve;
    });
    return 'cancelled';
  }
  if (playProcessStep(step)) return undefined;
  if (!(await playUpdate(step, client))) await playRequest(step, client);
  return undefined;
}

/** Plays a step on files and processes. Returns false for any other step. */
function playProcessStep(step: AgentStep): boolean {
  if ('write' in step) {
    const path = resolve(cwd, step.write);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.content);
  } else if ('run' in step) {
    const [file = '', ...args] = step.run;
    const { status, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
    if (status !== 0) writeNote({ failedCommand: step.run, stderr });
  } else if ('remove' in step) {
    rmSync(resolve(cwd, step.remove), { recursive: true });
  } else if ('crash' in step) {
    process.stderr.write(`${step.stderr ?? 'crashing'}\n`);
    process.exit(step.crash);
  } else if ('noteEnvironment' in step) {
    const commandLines = step.noteCommandLines ? readCommandLines() : [];
    writeNote({ environment: process.env, commandLines, clientCapabilities });
  } else if ('startDaemon' in step) {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    child.unref();
    writeNote({ daemon: child.pid });
  } else {
    return false;
  }
  return true;
}

/** Plays a step that sends updates. Returns false for any other step. */
async function playUpdate(step: AgentStep, client: AgentContext): Promise<boolean> {
  const sendUpdate = (update: SessionUpdate) =>
    client.notify(methods.client.session.update, { sessionId, update });
  if ('text' in step) {
    const content = { type: 'text' as const, text: step.text };
    await sendUpdate({ sessionUpdate: 'agent_message_chunk', content });
    return true;
  }
  if ('tool' in step) {
    const call = { toolCallId: `t${Math.random()}`, title: step.tool, rawInput: step.input ?? {} };
    await sendUpdate({ sessionUpdate: 'tool_call', status: 'in_progress', ...call });
    await sendUpdate({ sessionUpdate: 'tool_call_update', status: 'completed', ...call });
    return true;
  }
  return false;
}

/** Plays a step that sends a request, and notes the answer. */
async function playRequest(step: AgentStep, client: AgentContext): Promise<void> {
  if ('acpRead' in step) {
    const request = { sessionId, path: resolve(cwd, step.acpRead) };
    const answer = client.request(methods.client.fs.readTextFile, request);
    writeNote({ acpRead: await answer.catch((error: unknown) => ({ refused: String(error) })) });
  } else if ('acpWrite' in step) {
    const request = { sessionId, path: resolve(cwd, step.acpWrite), content: step.content };
    const answer = client.request(methods.client.fs.writeTextFile, request);
    writeNote({ acpWrite: await answer.catch((error: unknown) => ({ refused: String(error) })) });
  } else if ('ask' in step) {
    writeNote({ answer: await client.request('_smol/ask', step.ask) });
  } else if ('askAll' in step) {
    const answers = step.askAll.map((question) => client.request('_smol/ask', question));
    writeNote({ answers: await Promise.all(answers) });
  } else if ('elicit' in step) {
    const property = { type: 'string' as const, default: step.default, enum: step.options };
    const answer = await client.request(methods.client.elicitation.create, {
      mode: 'form',
      sessionId,
      message: step.elicit,
      requestedSchema: { type: 'object', properties: { answer: property }, required: ['answer'] },
    });
    writeNote({ answer });
  } else if ('permission' in step) {
    const options = [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' as const },
      { optionId: 'no', name: 'No', kind: 'reject_once' as const },
    ];
    const toolCall = { toolCallId: 'p', locations: [{ path: step.permission }] };
    const request = { sessionId, toolCall, options };
    const permission = await client.request(methods.client.session.requestPermission, request);
    writeNote({ permission });
  } else if ('callModel' in step) {
    writeNote({ modelReply: await callModel(step.callModel, step.stream ?? false) });
  }
}

async function callModel(path: string, stream: boolean) {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ model: 'another', stream, messages: [{ role: 'user', content: 'hi' }] }),
  });
  return { status: response.status, body: await response.text() };
}

/** Reads the command line of every readable process on the machine. */
function readCommandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}

const connection = app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)),
);
writeNote({ started: process.pid });
await connection.closed;
process.exit(0);
