import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { AgentContext, SessionUpdate } from '@agentclientprotocol/sdk';
import { agent, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import type { AgentScript, AgentStep } from './agent-script.ts';

// An ACP agent that does what a file says, turn by turn, and notes what it was told in another.
//   node scripted-agent.ts <script> <notes>

const [scriptFile = '', notesFile = ''] = process.argv.slice(2);
const script: AgentScript = JSON.parse(readFileSync(scriptFile, 'utf8'));
const cwd = process.cwd();
let turn = 0;
let offered: unknown;
let cancelled: () => void = () => {};

function writeNote(entry: Record<string, unknown>): void {
  appendFileSync(notesFile, `${JSON.stringify(entry)}\n`);
}

const app = agent({ name: 'scripted' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    offered = params.clientCapabilities;
    return { protocolVersion: PROTOCOL_VERSION, agentCapabilities: {} };
  })
  .onRequest(methods.agent.session.new, () => ({ sessionId: 'scripted' }))
  .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
    const text = params.prompt.map((block) => (block.type === 'text' ? block.text : '')).join('');
    writeNote({ prompt: text });
    const steps = script.turns[turn] ?? [];
    turn += 1;
    for (const step of steps) {
      if ((await playStep(step, client)) === 'cancelled')
        return { stopReason: 'cancelled' as const };
    }
    const last = steps.at(-1);
    return { stopReason: last && 'stop' in last ? last.stop : ('end_turn' as const) };
  })
  .onNotification(methods.agent.session.cancel, () => cancelled());

async function playStep(step: AgentStep, client: AgentContext): Promise<'cancelled' | undefined> {
  const say = (update: SessionUpdate) =>
    client.notify(methods.client.session.update, { sessionId: 'scripted', update });
  const text = (words: string) => ({ type: 'text' as const, text: words });
  if ('write' in step) {
    const path = resolve(cwd, step.write);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.content);
  } else if ('run' in step) {
    const [file = '', ...args] = step.run;
    const { status, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
    if (status !== 0) writeNote({ failed: step.run, stderr });
  } else if ('remove' in step) {
    rmSync(resolve(cwd, step.remove), { recursive: true });
  } else if ('say' in step) {
    await say({ sessionUpdate: 'agent_message_chunk', content: text(step.say) });
  } else if ('tool' in step) {
    const call = { toolCallId: `t${Math.random()}`, title: step.tool, rawInput: step.input ?? {} };
    await say({ sessionUpdate: 'tool_call', status: 'in_progress', ...call });
    await say({ sessionUpdate: 'tool_call_update', status: 'completed', ...call });
  } else if ('crash' in step) {
    process.stderr.write(`${step.says ?? 'crashing'}\n`);
    process.exit(step.crash);
  } else if ('hang' in step) {
    writeNote({ hanging: process.pid });
    await new Promise<void>((done) => {
      cancelled = done;
    });
    return 'cancelled';
  } else {
    await playWithAnswer(step, client);
  }
  return undefined;
}

async function playWithAnswer(step: AgentStep, client: AgentContext): Promise<void> {
  if ('acpRead' in step) {
    const path = resolve(cwd, step.acpRead);
    const asked = client.request(methods.client.fs.readTextFile, { sessionId: 'scripted', path });
    writeNote({ read: await asked.catch((error: unknown) => ({ refused: String(error) })) });
  } else if ('acpWrite' in step) {
    const request = { path: resolve(cwd, step.acpWrite), content: step.content };
    const asked = client.request(methods.client.fs.writeTextFile, {
      sessionId: 'scripted',
      ...request,
    });
    writeNote({ written: await asked.catch((error: unknown) => ({ refused: String(error) })) });
  } else if ('ask' in step) {
    const answer = await client.request('_smol/ask', step.ask);
    writeNote({ answer });
  } else if ('askAll' in step) {
    const asked = step.askAll.map((question) => client.request('_smol/ask', question));
    writeNote({ answers: await Promise.all(asked) });
  } else if ('elicit' in step) {
    const property = { type: 'string' as const, default: step.default, enum: step.options };
    const answer = await client.request(methods.client.elicitation.create, {
      mode: 'form',
      sessionId: 'scripted',
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
    const request = { sessionId: 'scripted', toolCall, options };
    writeNote({
      permission: await client.request(methods.client.session.requestPermission, request),
    });
  } else if ('model' in step) {
    writeNote({ model: await callModel(step.model, step.stream ?? false) });
  } else if ('look' in step) {
    writeNote({ environment: process.env, commands: step.look ? readCommandLines() : [], offered });
  } else if ('leave' in step) {
    // A process in a group of its own, as careless tools leave them behind.
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    child.unref();
    writeNote({ left: child.pid });
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

/** Of every process on the machine that may be looked at. */
function readCommandLines(): string[] {
  return process
    .getBuiltinModule('node:fs')
    .readdirSync('/proc')
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
