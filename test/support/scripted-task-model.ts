import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../../local/listen-on-loopback.ts';
import { type ChatRequest, chatRequestSchema } from '../../local/model/conversation.ts';
import type { Reply } from '../../local/model/reply.ts';
import { sendReply } from '../../local/model/send-reply.ts';
import { scriptedTurn } from './task-script.ts';

// An OpenAI-compatible endpoint for whole platforms. Its planner answers by a table that the test gives, its agents do
// what the task's own text says; it refuses and falls silent on demand.

const NAME = 'scripted-task-model';
const KEY = 'canary-model-key-0123456789abcdef';

export type Asked = {
  readonly by: 'assessor' | 'planner' | 'agent' | 'other';
  /** All messages, one after another. */
  readonly text: string;
};
export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};
/** Of a plan: the verdict, then what is answered to each attempt at the graph; the last one is said again and again. */
export type PlannerLine = { readonly verdict: unknown; readonly plans: readonly unknown[] };

export type ScriptedTaskModel = {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly asked: readonly Asked[];
  /** How many calls were refused as `refuse` says. */
  readonly refused: number;
  /** For requests in which `phrase` occurs. Texts are answered as they are, anything else as JSON. */
  answerPlans(phrase: string, line: PlannerLine): void;
  /** Every call is refused so; undefined: no more. */
  refuse(refusal: Refusal | undefined): void;
  /** Whether an agent is held there. */
  isHeld(name: string): boolean;
  release(name: string): void;
  /** Nobody listens any more; `up` brings it back on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
};

export async function startScriptedTaskModel(): Promise<ScriptedTaskModel> {
  const model = new TaskModel();
  await model.up();
  return model;
}

class TaskModel implements ScriptedTaskModel {
  readonly apiKey = KEY;
  readonly model = NAME;
  readonly asked: Asked[] = [];
  refused = 0;
  #server: Server | undefined;
  #port = 0;
  #refusal: Refusal | undefined;
  readonly #lines = new Map<string, { line: PlannerLine; told: number }>();
  readonly #released = new Set<string>();
  readonly #held = new Map<string, Set<() => void>>();

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  answerPlans(phrase: string, line: PlannerLine): void {
    this.#lines.set(phrase, { line, told: 0 });
  }

  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal;
  }

  isHeld(name: string): boolean {
    return (this.#held.get(name)?.size ?? 0) > 0;
  }

  release(name: string): void {
    this.#released.add(name);
    for (const go of this.#held.get(name) ?? []) go();
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#port = await listenOnLoopback(server, this.#port);
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  close(): Promise<void> {
    return this.down();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    if (request.headers.authorization !== `Bearer ${KEY}`)
      return send(response, 401, { error: { message: 'wrong key', code: 'invalid_api_key' } });
    if (this.#refusal !== undefined) {
      const { status, headers, body: said } = this.#refusal;
      this.refused += 1;
      return send(response, status, said, headers);
    }
    if (request.method === 'GET')
      return send(response, 200, { object: 'list', data: [{ id: NAME, object: 'model' }] });
    const chat = chatRequestSchema.parse(body);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const reply = await this.#reply(chat, gone.signal);
    if ('status' in reply) return send(response, reply.status, { error: reply.problem });
    const id = String(this.asked.length);
    await sendReply(response, { request: chat, reply, id, latencyMs: 0, signal: gone.signal });
  }

  async #reply(chat: ChatRequest, gone: AbortSignal): Promise<Reply> {
    const text = chat.messages.map(({ content }) => content).join('\n');
    const by = speakerOf(chat, text);
    this.asked.push({ by, text });
    if (by === 'assessor' || by === 'planner') return this.#plan(by, text);
    if (by === 'other') return { text: 'I am scripted.' };
    for (;;) {
      const turn = scriptedTurn(chat.messages, this.#released);
      if (!('hold' in turn)) return turn;
      await this.#wait(turn.hold, gone);
    }
  }

  #plan(by: 'assessor' | 'planner', text: string): Reply {
    const found = [...this.#lines].find(([phrase]) => text.includes(phrase))?.[1];
    if (found === undefined) return { status: 400, problem: 'nothing was said about this request' };
    if (by === 'assessor') return { text: written(found.line.verdict) };
    const { plans } = found.line;
    const answer = plans[Math.min(found.told, plans.length - 1)];
    found.told += 1;
    return { text: written(answer) };
  }

  async #wait(name: string, gone: AbortSignal): Promise<void> {
    const waiting = this.#held.get(name) ?? new Set();
    this.#held.set(name, waiting);
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        waiting.delete(go);
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.delete(go);
        reject(new Error('the client is gone'));
      };
      waiting.add(go);
      gone.addEventListener('abort', leave, { once: true });
    });
  }
}

function speakerOf(chat: ChatRequest, text: string): Asked['by'] {
  if (text.includes('"estimatedTasks"') && text.includes('"complexity"')) return 'assessor';
  if (text.includes('"tasks"') && text.includes('"dependsOn"')) return 'planner';
  return (chat.tools ?? []).length > 0 ? 'agent' : 'other';
}

function written(answer: unknown): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}
