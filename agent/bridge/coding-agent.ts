import type { SessionUpdate, StopReason } from '@agentclientprotocol/sdk';
import type { Question } from '../../core/contract/task.ts';
import type { AcpSession } from './acp-session.ts';
import { watchExit } from './agent-exit.ts';
import { findAgent } from './agent-table.ts';
import type { Attempt } from './attempt.ts';
import { AttemptFailure, orAborted } from './attempt-end.ts';
import { nearlyUsedUp, usedUp } from './limits.ts';
import { ModelProxy } from './model-proxy.ts';
import type { Asked } from './question.ts';
import { SessionLog } from './session-log.ts';
import type { Tokens } from './usage.ts';

export type Turn = {
  stopReason: StopReason;
  /** What the agent said at the end. */
  text: string;
};

const LONGEST_QUESTION_MS = 10 * 60_000;

/** The agent of an attempt with its model proxy: starts while the repository is still being fetched. */
export class CodingAgent {
  private readonly attempt: Attempt;
  private readonly log: SessionLog;
  private readonly proxy: ModelProxy;
  private readonly warned = new Set<string>();
  private session: AcpSession | undefined;
  private asking: Promise<unknown> = Promise.resolve();

  private constructor(attempt: Attempt, model: { baseUrl: string; apiKey: string }) {
    this.attempt = attempt;
    this.log = new SessionLog(attempt.transcript);
    this.proxy = new ModelProxy({
      upstream: () => model,
      model: attempt.assignment.agent.model,
      usedUp: () => usedUp(attempt.meter.usage(), attempt.assignment.limits),
      onTokens: (tokens) => this.count(tokens),
      onProgress: () => attempt.progress(),
      onLimit: (reason) => attempt.end(new AttemptFailure('limit', reason)),
      onRefused: (reason, until) => attempt.end(new AttemptFailure('provider', reason, { until })),
      signal: attempt.signal,
    });
    attempt.redactor.add(this.proxy.bearer);
  }

  /** `command` runs in place of the agent's own command line. */
  static async start(
    attempt: Attempt,
    command: readonly string[] | undefined,
  ): Promise<CodingAgent> {
    const { name, model } = attempt.assignment.agent;
    const row = findAgent(name, command);
    if (!row) throw new AttemptFailure('infra', `there is no agent named ${name}`);
    const credentials = await attempt.credentials();
    if (!credentials.model) throw new AttemptFailure('infra', 'no model was given to the attempt');
    const agent = new CodingAgent(attempt, credentials.model);
    const url = await agent.proxy.listen();
    const { workspace, home, tmp } = attempt.folders;
    const child = attempt.processes.spawn(row.command, {
      cwd: workspace,
      env: { ...attempt.env, ...row.env({ url, bearer: agent.proxy.bearer, model }) },
      stdin: 'pipe',
    });
    const exited = watchExit(child);
    // The agent boots while the protocol's many schemas are loaded.
    const { startAcpSession } = await import('./acp-session.ts');
    const starting = startAcpSession({
      row,
      child,
      exited,
      workspace,
      folders: [workspace, home, tmp],
      onUpdate: (update) => agent.onUpdate(update),
      ask: (asked) => agent.ask(asked),
      questionTimeoutMs: Math.min(
        LONGEST_QUESTION_MS,
        attempt.assignment.limits.idleMinutes * 60_000,
      ),
    });
    agent.session = await orAborted(starting, attempt.signal);
    return agent;
  }

  get workLog(): readonly string[] {
    return this.log.workLog;
  }

  async open(): Promise<void> {
    if (this.session) await orAborted(this.session.open(), this.attempt.signal);
  }

  /** One prompt, to the end of the agent's turn. Throws when the agent crashes or the model refused its last request. */
  async turn(prompt: string): Promise<Turn> {
    const { session, attempt } = this;
    if (!session) throw new Error('the agent was not started');
    attempt.enter('agent');
    this.log.newTurn();
    attempt.onUrgentMessage = () => {
      session.cancel().catch(() => {});
    };
    const stopReason = await orAborted(session.prompt(prompt), attempt.signal);
    attempt.onUrgentMessage = () => {};
    const fault = this.proxy.lastFault;
    if (fault !== undefined && stopReason !== 'cancelled') {
      throw new AttemptFailure('agent', `the agent stopped at an error of the model: ${fault}`);
    }
    return { stopReason, text: this.log.text.trim() };
  }

  async close(): Promise<void> {
    await this.session?.close();
    this.proxy.close();
  }

  private onUpdate(update: SessionUpdate): void {
    const { activity, loop } = this.log.add(update);
    this.attempt.progress(activity);
    if (loop) this.attempt.end(new AttemptFailure('limit', loop));
  }

  private count(tokens: Tokens): void {
    const { attempt } = this;
    attempt.meter.add(tokens);
    for (const { what, used, limit } of nearlyUsedUp(
      attempt.meter.usage(),
      attempt.assignment.limits,
    )) {
      if (this.warned.has(what)) continue;
      this.warned.add(what);
      attempt.transcript.entry(
        'bridge',
        `80% of the limit on ${what} is used: ${used} of ${limit}`,
      );
    }
  }

  /** One question at a time is put to people; others wait their turn, and have their whole time then. */
  private ask({ question }: Asked): Promise<string> {
    const timeoutMs = Math.max(0, question.timeoutAt - Date.now());
    const answer = this.asking.then(() =>
      this.put({ ...question, timeoutAt: Date.now() + timeoutMs }, timeoutMs),
    );
    this.asking = answer.catch(() => {});
    return answer;
  }

  private put(question: Question, timeoutMs: number): Promise<string> {
    const { attempt } = this;
    return attempt.whileWaiting(async () => {
      attempt.transcript.entry('agent', `Question: ${question.text}`);
      const waiting = attempt.inbox.answerTo(question.id, question.default, timeoutMs);
      await attempt.client.question(question);
      attempt.heartbeat.beatNow();
      const answer = await orAborted(waiting, attempt.signal);
      // The control plane may not know yet: what was said before the question names none.
      if (answer.by === 'person') attempt.heartbeat.beatNow();
      const by = answer.by === 'person' ? 'user' : 'bridge';
      attempt.transcript.entry(by, by === 'user' ? answer.text : `Nobody answered: ${answer.text}`);
      return answer.text;
    });
  }
}
