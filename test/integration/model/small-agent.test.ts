import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methods } from '@agentclientprotocol/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChatReply, ChatServer } from '../../support/model/chat-server.ts';
import { startChatServer } from '../../support/model/chat-server.ts';
import type { AgentProcess, AgentProcessOptions } from '../../support/process/agent-process.ts';
import { startAgentProcess } from '../../support/process/agent-process.ts';
import { isProcessAlive } from '../../support/process/process-pods.ts';
import { waitUntil } from '../../support/wait-until.ts';

let base: string;
let cwd: string;
let server: ChatServer | undefined;
let running: AgentProcess | undefined;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'small-agent-')));
  cwd = join(base, 'workspace');
  await mkdir(cwd);
  await writeFile(join(base, 'outside.txt'), 'not yours');
});

afterEach(async () => {
  await running?.endProcess();
  running = undefined;
  await server?.close();
  await rm(base, { recursive: true });
});

async function startAgent(
  replies: readonly ChatReply[],
  options: Partial<AgentProcessOptions> = {},
): Promise<AgentProcess> {
  server = await startChatServer((_, index) => replies[index] ?? { text: 'done' });
  running = await startAgentProcess({ cwd, baseUrl: server.url, ...options });
  return running;
}

function createCall(name: string, input: unknown): ChatReply {
  return { calls: [{ name, input }] };
}

/** Returns the outputs of all tool calls, as the model received them. */
function listToolOutputs(): string[] {
  const messages = server?.requests.at(-1)?.messages ?? [];
  return messages.flatMap(({ role, content }) => (role === 'tool' ? (content ?? '') : []));
}

function getLastToolOutput(): string {
  return listToolOutputs().at(-1) ?? '';
}

/** Returns the pid in a file; undefined while the shell has not written the pid. */
async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.endsWith('\n') ? Number(text) : undefined;
}

describe('a turn', () => {
  test('runs every tool and reports each call to the client', async () => {
    await writeFile(join(cwd, 'a.txt'), 'one\ntwo\nthree\n');
    const agent = await startAgent([
      createCall('list_files', {}),
      createCall('read_file', { path: 'a.txt', offset: 2, limit: 1 }),
      createCall('write_file', { path: 'sub/b.txt', content: 'bee' }),
      createCall('edit_file', { path: 'a.txt', old: 'two', new: 'zwei' }),
      createCall('search', { pattern: 'zw.i|bee' }),
      createCall('run', { command: ['cat', 'a.txt'] }),
      { text: 'All done.' },
    ]);

    const stopReason = await agent.prompt('go');

    expect(stopReason).toBe('end_turn');
    expect(await readFile(join(cwd, 'a.txt'), 'utf8')).toBe('one\nzwei\nthree\n');
    expect(await readFile(join(cwd, 'sub/b.txt'), 'utf8')).toBe('bee');
    expect(listToolOutputs()).toEqual([
      'a.txt',
      expect.stringMatching(/^two\n\[lines 2 to 2 of 4\]/),
      'wrote sub/b.txt, 3 bytes',
      'edited a.txt',
      'a.txt:2: zwei\nsub/b.txt:1: bee',
      'exit code 0\none\nzwei\nthree\n',
    ]);
    const started = agent.updates.filter((update) => update.sessionUpdate === 'tool_call');
    expect(started.map((update) => [update.kind, update.title])).toEqual([
      ['search', 'List .'],
      ['read', 'Read a.txt'],
      ['edit', 'Write sub/b.txt'],
      ['edit', 'Edit a.txt'],
      ['search', 'Search for zw.i|bee'],
      ['execute', 'Run cat a.txt'],
    ]);
    const ended = agent.updates.filter((update) => update.sessionUpdate === 'tool_call_update');
    expect(ended.map((update) => update.status)).toEqual(Array(6).fill('completed'));
    expect(agent.permissions.map((request) => request.toolCall.name)).toEqual([
      'write_file',
      'edit_file',
      'run',
    ]);
  });

  test('streams the text of the model', async () => {
    const agent = await startAgent([{ text: 'one two three' }]);

    await agent.prompt('go');

    const texts = agent.updates.map((update) =>
      update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text'
        ? update.content.text
        : '',
    );
    expect(texts).toEqual(['one ', 'two ', 'three']);
  });

  test('continues after a refused permission and does not run the refused call', async () => {
    const agent = await startAgent([createCall('write_file', { path: 'no.txt', content: 'x' })], {
      permission: () => 'reject',
    });

    expect(await agent.prompt('go')).toBe('end_turn');

    expect(getLastToolOutput()).toContain('refused');
    await expect(readFile(join(cwd, 'no.txt'))).rejects.toThrow('ENOENT');
  });

  test('hides the model endpoint and its key from the environment of commands', async () => {
    const agent = await startAgent([createCall('run', { command: ['env'] })], {
      apiKey: 'top-secret',
    });

    await agent.prompt('go');

    expect(getLastToolOutput()).toContain('PATH=');
    expect(getLastToolOutput()).not.toContain('top-secret');
    expect(getLastToolOutput()).not.toContain('OPENAI');
  });

  test('remembers the conversation in the next prompt', async () => {
    const agent = await startAgent([{ text: 'first answer' }, { text: 'second answer' }]);

    await agent.prompt('first');
    await agent.prompt('second');

    const [, ...conversation] = server?.requests.at(-1)?.messages ?? [];
    expect(conversation.map((message) => message.content)).toEqual([
      'first',
      'first answer',
      'second',
    ]);
  });
});

describe('the workspace', () => {
  test('cannot be left by any tool, and the model receives the reason', async () => {
    await symlink(base, join(cwd, 'link'));
    await symlink(join(base, 'outside.txt'), join(cwd, 'file-link'));
    const escapes = [
      createCall('read_file', { path: '../outside.txt' }),
      createCall('read_file', { path: 'link/outside.txt' }),
      createCall('write_file', { path: '../new.txt', content: 'x' }),
      createCall('write_file', { path: 'link/new/deep.txt', content: 'x' }),
      createCall('edit_file', { path: 'file-link', old: 'not', new: 'all' }),
      createCall('list_files', { path: 'link' }),
      createCall('search', { pattern: 'yours', path: '..' }),
    ];
    const agent = await startAgent([...escapes, createCall('search', { pattern: 'yours' })]);

    await agent.prompt('go');

    const [searchOutput, ...refusals] = listToolOutputs().reverse();
    expect(searchOutput).toBe('[no match]');
    expect(refusals).toHaveLength(escapes.length);
    for (const output of refusals) expect(output).toMatch(/^error: .* lies outside the workspace/);
    expect(await readFile(join(base, 'outside.txt'), 'utf8')).toBe('not yours');
    expect((await readdir(base)).sort()).toEqual(['outside.txt', 'workspace']);
  });

  test('an invalid tool call fails with a reason for the model, and the turn continues', async () => {
    await writeFile(join(cwd, 'a.txt'), 'x x');
    const invalidCalls = [
      [createCall('edit_file', { path: 'a.txt', old: 'x', new: 'y' }), '2 times'],
      [createCall('edit_file', { path: 'a.txt', old: 'zz', new: 'y' }), 'not in a.txt'],
      [createCall('write_file', { path: '.git/config', content: 'x' }), 'belongs to git'],
      [createCall('read_file', { path: 'missing' }), 'does not exist'],
      [createCall('run', { command: 'ls -l' }), 'invalid arguments of run: command'],
      [createCall('run', { command: ['no-such-program'] }), 'could not be started'],
      [createCall('search', { pattern: '(' }), 'not a regular expression'],
      [createCall('teleport', {}), 'no tool named teleport'],
    ] as const;
    const agent = await startAgent(invalidCalls.map(([reply]) => reply));

    expect(await agent.prompt('go')).toBe('end_turn');

    expect(listToolOutputs()).toEqual(
      invalidCalls.map(([, message]) => expect.stringContaining(message)),
    );
    const ended = agent.updates.filter((update) => update.sessionUpdate === 'tool_call_update');
    expect(ended.map((update) => update.status)).toEqual(invalidCalls.map(() => 'failed'));
    expect(await readFile(join(cwd, 'a.txt'), 'utf8')).toBe('x x');
  });

  test('the output of a command is shortened in the middle', async () => {
    const script = 'for (let n = 0; n < 20000; n += 1) console.log("line", n)';
    const agent = await startAgent([
      createCall('run', { command: [process.execPath, '-e', script] }),
    ]);

    await agent.prompt('go');

    expect(getLastToolOutput().length).toBeLessThan(17_000);
    expect(getLastToolOutput()).toContain('line 0\n');
    expect(getLastToolOutput()).toContain('line 19999\n');
  });
});

describe('cancel', () => {
  test('kills the running command with its whole process group, and ends the turn', async () => {
    const agent = await startAgent([
      createCall('run', {
        command: ['sh', '-c', 'trap "" TERM; sleep 1000 & echo $! > pid; wait; wait'],
      }),
    ]);
    const turn = agent.prompt('go');
    const pid = await waitUntil('the command runs', () => readPid(join(cwd, 'pid')));

    await agent.agent.notify(methods.agent.session.cancel, { sessionId: agent.sessionId });

    expect(await turn).toBe('cancelled');
    await waitUntil('the command has exited', async () => !(await isProcessAlive(pid)));
  });

  test('ends a turn while the model streams its answer, and the session accepts another prompt', async () => {
    const agent = await startAgent([{ hang: 'let me think' }, { text: 'hello again' }]);
    const turn = agent.prompt('go');
    await waitUntil('the model streams text', () => agent.updates.length > 0);

    await agent.agent.notify(methods.agent.session.cancel, { sessionId: agent.sessionId });

    expect(await turn).toBe('cancelled');
    expect(await agent.prompt('again')).toBe('end_turn');
  });

  test('ends a turn during a search that takes exponential time', async () => {
    await writeFile(join(cwd, 'a.txt'), `${'a'.repeat(60)}!`);
    const agent = await startAgent([createCall('search', { pattern: '^(a+)+$' })]);
    const turn = agent.prompt('go');
    await waitUntil('the search runs', () => agent.updates.length > 0);

    await agent.agent.notify(methods.agent.session.cancel, { sessionId: agent.sessionId });

    expect(await turn).toBe('cancelled');
  });

  test('a closed standard input ends the agent process and its commands', async () => {
    const agent = await startAgent([
      createCall('run', { command: ['sh', '-c', 'echo $$ > pid; exec sleep 1000'] }),
    ]);
    const turn = agent.prompt('go').catch(() => 'closed');
    const pid = await waitUntil('the command runs', () => readPid(join(cwd, 'pid')));

    expect(await agent.endProcess()).toBe(0);

    await waitUntil('the command has exited', async () => !(await isProcessAlive(pid)));
    await turn;
  });
});

describe('the model', () => {
  test('a rejected model request fails the prompt with the HTTP status and does not end the turn normally', async () => {
    const agent = await startAgent([{ status: 401, body: '{"error":{"message":"bad key"}}' }]);

    await expect(agent.prompt('go')).rejects.toMatchObject({
      message: expect.stringContaining('bad key'),
      data: { source: 'model', status: 401, transient: false, problem: 'key' },
    });
  });

  test('a long Retry-After is reported at once, without a retry', async () => {
    const limited = { status: 429, body: '{}', headers: { 'retry-after': '3600' } };
    const agent = await startAgent([limited]);

    await expect(agent.prompt('go')).rejects.toMatchObject({
      data: { transient: true, status: 429, retryAfterMs: 3_600_000 },
    });
    expect(server?.requests).toHaveLength(1);
  });

  test('a request with a transient error is retried', async () => {
    const agent = await startAgent([{ status: 503, body: 'busy' }, { text: 'there' }]);

    expect(await agent.prompt('go')).toBe('end_turn');
    expect(server?.requests).toHaveLength(2);
  });

  test('an empty answer fails the prompt after retries', async () => {
    const agent = await startAgent(Array(4).fill({ text: '' }), {});

    await expect(agent.prompt('go')).rejects.toMatchObject({
      message: 'the model gave no answer: the answer is empty',
      data: { source: 'model', transient: true, problem: 'busy' },
    });
    expect(server?.requests).toHaveLength(4);
  });

  test('an empty answer is followed by a reminder, which the conversation does not keep', async () => {
    const agent = await startAgent([{ text: '' }, { text: 'Done.' }, { text: 'Again.' }]);

    expect(await agent.prompt('go')).toBe('end_turn');
    expect(await agent.prompt('more')).toBe('end_turn');

    const [, second, third] = server?.requests ?? [];
    expect(second?.messages.at(-1)?.content).toMatch(/^Your last answer was empty/);
    expect(third?.messages.map(({ content }) => content).slice(1)).toEqual(['go', 'Done.', 'more']);
  });

  test('an answer cut off at the token limit ends the turn with max_tokens', async () => {
    const agent = await startAgent([{ text: 'and then', finish: 'length' }]);

    expect(await agent.prompt('go')).toBe('max_tokens');
  });

  test('a conversation that exceeds the context is sent again with shortened tool outputs', async () => {
    await writeFile(join(cwd, 'big.txt'), 'x'.repeat(50_000));
    const reads = Array(5).fill(createCall('read_file', { path: 'big.txt' }));
    const tooLong = { status: 400, body: '{"error":{"message":"maximum context length"}}' };
    const agent = await startAgent([...reads, tooLong, { text: 'fits' }]);

    expect(await agent.prompt('go')).toBe('end_turn');

    const sizes = server?.requests.map((request) => JSON.stringify(request).length) ?? [];
    expect(sizes.at(-1)).toBeLessThan((sizes.at(-2) ?? 0) * 0.7);
  });
});

describe('a question of the agent', () => {
  const question = createCall('ask', { question: 'Tabs?', options: ['yes', 'no'], default: 'no' });

  test('reaches the person as a form, and its answer reaches the model', async () => {
    const agent = await startAgent([question], {
      elicit: (request) => ({ action: 'accept', content: { answer: `${request.message} never` } }),
    });

    await agent.prompt('go');

    expect(getLastToolOutput()).toBe('Tabs? never');
  });

  test('gets its default answer if no person answers or the client cannot ask', async () => {
    const agentWithoutAnswer = await startAgent([question], {
      elicit: () => ({ action: 'cancel' }),
    });
    await agentWithoutAnswer.prompt('go');
    expect(getLastToolOutput()).toMatch(/^no\n\[no person answered/);
    await agentWithoutAnswer.endProcess();
    await server?.close();

    const agentWithoutForms = await startAgent([question]);
    await agentWithoutForms.prompt('go');
    expect(getLastToolOutput()).toMatch(/^no\n\[the client cannot ask people/);
  });
});
