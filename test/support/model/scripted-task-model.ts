import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import type { ChatRequest } from '../../../local/model/conversation.ts';
import { chatRequestSchema } from '../../../local/model/conversation.ts';
import type { Reply } from '../../../local/model/reply.ts';
import { sendReply } from '../../../local/model/send-reply.ts';
import { answerScriptedTurn } from './task-script.ts';

// An OpenAI-compatible endpoint for tests of the whole platform. The planner receives the answers that the test has set, and
// agents follow the script in the description of their task. The test can make the endpoint refuse calls or stop.

const MODEL_NAME = 'scripted-task-model';
const MODEL_KEY = 'canary-model-key-0123456789abcdef';

/** A prompt that the model received, and the part of the platform that sent the prompt. */
export type AskedPrompt = {
  /** Sender of the prompt; `assessor` is the planning step that asks whether a request is simple or complex. */
  readonly by: 'assessor' | 'planner' | 'agent' | 'other';
  /** Contents of all messages, joined by newlines. */
  readonly text: string;
};
/** HTTP error with which the model refuses calls. */
export type ModelRefusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};
/** Answers to the planning of a plan: the verdict, and the graphs in order of the requests; the last graph repeats. */
export type PlannerAnswers = { readonly verdict: unknown; readonly plans: readonly unknown[] };

/** Running endpoint. */
export type ScriptedTaskModel = {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly askedPrompts: readonly AskedPrompt[];
  /** Number of refused calls. */
  readonly refusalCount: number;
  /** Sets the answers for prompts that contain `phrase`. Texts are sent unchanged, other values as JSON. */
  answerPlans(phrase: string, answers: PlannerAnswers): void;
  /** Refuses every call; undefined ends the refusals. */
  refuse(refusal: ModelRefusal | undefined): void;
  /** Returns true while an agent waits at the instruction HOLD with this name. */
  isHeld(name: string): boolean;
  /** Lets all agents pass the instruction HOLD with this name, now and later. */
  release(name: string): void;
  /** Stops the server; `startServer` starts the server again on the same port. */
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  close(): Promise<void>;
};

export async function startScriptedTaskModel(): Promise<ScriptedTaskModel> {
  const model = new TaskModel();
  await model.startServer();
  return model;
}

class TaskModel implements ScriptedTaskModel {
  readonly apiKey = MODEL_KEY;
  readonly model = MODEL_NAME;
  readonly askedPrompts: AskedPrompt[] = [];
  refusalCount = 0;
  #server: Server | undefined;
  #port = 0;
  #refusal: ModelRefusal | undefined;
  readonly #plannerAnswers = new Map<string, PlannerAnswers>();
  readonly #usedPlanCounts = new Map<PlannerAnswers, number>();
  readonly #releasedNames = new Set<string>();
  readonly #heldByName = new Map<string, Set<() => void>>();

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  answerPlans(phrase: string, answers: PlannerAnswers): void {
    this.#plannerAnswers.set(phrase, answers);
  }

  refuse(refusal: ModelRefusal | undefined): void {
    this.#refusal = refusal;
  }

  isHeld(name: string): boolean {
    return (this.#heldByName.get(name)?.size ?? 0) > 0;
  }

  release(name: string): void {
    this.#releasedNames.add(name);
    for (const release of this.#heldByName.get(name) ?? []) release();
  }

  async startServer(): Promise<void> {
    const server = createServer((request, response) => {
      this.#handleRequest(request, response).catch(() => response.destroy());
    });
    this.#port = await listenOnLoopback(server, this.#port);
    this.#server = server;
  }

  async stopServer(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  close(): Promise<void> {
    return this.stopServer();
  }

  async #handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    if (request.headers.authorization !== `Bearer ${MODEL_KEY}`)
      return sendJson(response, 401, { error: { message: 'wrong key', code: 'invalid_api_key' } });
    if (this.#refusal !== undefined) {
      const { status, headers, body: refusalBody } = this.#refusal;
      this.refusalCount += 1;
      return sendJson(response, status, refusalBody, headers);
    }
    if (request.method === 'GET')
      return sendJson(response, 200, {
        object: 'list',
        data: [{ id: MODEL_NAME, object: 'model' }],
      });
    const chat = chatRequestSchema.parse(body);
    const clientGone = new AbortController();
    response.once('close', () => clientGone.abort());
    const reply = await this.#createReply(chat, clientGone.signal);
    if ('status' in reply) return sendJson(response, reply.status, { error: reply.problem });
    const id = String(this.askedPrompts.length);
    await sendReply(response, {
      request: chat,
      reply,
      id,
      latencyMs: 0,
      signal: clientGone.signal,
    });
  }

  async #createReply(chat: ChatRequest, clientGone: AbortSignal): Promise<Reply> {
    const text = chat.messages.map(({ content }) => content).join('\n');
    const by = identifySender(chat, text);
    this.askedPrompts.push({ by, text });
    if (by === 'assessor' || by === 'planner') return this.#createPlannerReply(by, text);
    if (by === 'other') return { text: 'I am scripted.' };
    for (;;) {
      const turn = answerScriptedTurn(chat.messages, this.#releasedNames);
      if (!('hold' in turn)) return turn;
      await this.#waitForRelease(turn.hold, clientGone);
    }
  }

  #createPlannerReply(by: 'assessor' | 'planner', text: string): Reply {
    const answers = [...this.#plannerAnswers].find(([phrase]) => text.includes(phrase))?.[1];
    if (answers === undefined)
      return { status: 400, problem: 'the test has set no answer for this prompt (answerPlans)' };
    if (by === 'assessor') return { text: renderAnswer(answers.verdict) };
    const usedCount = this.#usedPlanCounts.get(answers) ?? 0;
    this.#usedPlanCounts.set(answers, usedCount + 1);
    return { text: renderAnswer(answers.plans[Math.min(usedCount, answers.plans.length - 1)]) };
  }

  async #waitForRelease(name: string, clientGone: AbortSignal): Promise<void> {
    const waiting = this.#heldByName.get(name) ?? new Set();
    this.#heldByName.set(name, waiting);
    await new Promise<void>((resolve, reject) => {
      const release = () => {
        waiting.delete(release);
        clientGone.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.delete(release);
        reject(new Error('the client has disconnected'));
      };
      waiting.add(release);
      clientGone.addEventListener('abort', leave, { once: true });
    });
  }
}

function identifySender(chat: ChatRequest, text: string): AskedPrompt['by'] {
  if (text.includes('"estimatedTasks"') && text.includes('"complexity"')) return 'assessor';
  if (text.includes('"tasks"') && text.includes('"dependsOn"')) return 'planner';
  return (chat.tools ?? []).length > 0 ? 'agent' : 'other';
}

function renderAnswer(answer: unknown): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}

function sendJson(
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
