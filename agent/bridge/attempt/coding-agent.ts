import type { SessionUpdate, StopReason } from '@agentclientprotocol/sdk';
import type { Question } from '../../../core/contract/task.ts';
import type { AcpSession } from '../acp/acp-session.ts';
import { watchAgentExit } from '../acp/agent-exit.ts';
import type { AgentQuestion } from '../acp/agent-question.ts';
import { findAgent } from '../acp/agent-table.ts';
import { SessionLog } from '../acp/session-log.ts';
import { AttemptFailure, rejectOnAbort } from '../attempt-error.ts';
import { findExhaustedLimit, findNearlyExhaustedLimits } from '../control/attempt-limits.ts';
import { ModelProxy } from '../model/model-proxy.ts';
import type { TokenCounts } from '../model/token-usage.ts';
import type { Attempt } from './attempt.ts';

export type AgentTurn = {
  readonly stopReason: StopReason;
  /** What the agent said at the end. */
  readonly text: string;
};

const MAX_QUESTION_MS = 10 * 60_000;

/** The agent of an attempt with its model proxy: starts while the repository is still being fetched. */
export class CodingAgent {
  readonly #attempt: Attempt;
  readonly #sessionLog: SessionLog;
  readonly #modelProxy: ModelProxy;
  readonly #warnedLimits = new Set<string>();
  // biome-ignore lint/style/useReadonlyClassProperties: the static factory assigns the session
  #session: AcpSession | undefined;
  #lastQuestion: Promise<unknown> = Promise.resolve();

  private constructor(
    attempt: Attempt,
    model: { readonly baseUrl: string; readonly apiKey: string },
  ) {
    this.#attempt = attempt;
    this.#sessionLog = new SessionLog(attempt.transcript);
    this.#modelProxy = new ModelProxy({
      getUpstream: () => model,
      model: attempt.assignment.agent.model,
      findExhaustedLimit: () =>
        findExhaustedLimit(attempt.usageMeter.getUsage(), attempt.assignment.limits),
      onTokens: (tokens) => this.#recordTokens(tokens),
      onProgress: () => attempt.recordProgress(),
      onLimit: (reason) => attempt.stop(new AttemptFailure('limit', reason)),
      onProviderRefusal: (reason, until) =>
        attempt.stop(new AttemptFailure('provider', reason, { until })),
      signal: attempt.signal,
    });
    attempt.redactor.addSecret(this.#modelProxy.bearer);
  }

  /** `command` runs in place of the agent's own command line. */
  static async start(
    attempt: Attempt,
    command: readonly string[] | undefined,
  ): Promise<CodingAgent> {
    const { name, model } = attempt.assignment.agent;
    const row = findAgent(name, command);
    if (!row) throw new AttemptFailure('infra', `there is no agent named ${name}`);
    const credentials = await attempt.getCredentials();
    if (!credentials.model) throw new AttemptFailure('infra', 'no model was given to the attempt');
    const agent = new CodingAgent(attempt, credentials.model);
    const url = await agent.#modelProxy.listen();
    const { workspace, home, tmp } = attempt.folders;
    const child = attempt.processes.spawn(row.command, {
      cwd: workspace,
      env: {
        ...attempt.childEnv,
        ...row.buildEnv({ url, bearer: agent.#modelProxy.bearer, model }),
      },
      stdin: 'pipe',
    });
    const exited = watchAgentExit(child);
    // The agent boots while the protocol's many schemas are loaded.
    const { startAcpSession } = await import('../acp/acp-session.ts');
    const starting = startAcpSession({
      row,
      child,
      exited,
      workspace,
      folders: [workspace, home, tmp],
      handleUpdate: (update) => agent.#handleUpdate(update),
      enqueueQuestion: (asked) => agent.#enqueueQuestion(asked),
      questionTimeoutMs: Math.min(MAX_QUESTION_MS, attempt.assignment.limits.idleMinutes * 60_000),
    });
    agent.#session = await rejectOnAbort(starting, attempt.signal);
    return agent;
  }

  get workLog(): readonly string[] {
    return this.#sessionLog.workLog;
  }

  async openSession(): Promise<void> {
    if (this.#session) await rejectOnAbort(this.#session.open(), this.#attempt.signal);
  }

  /** One prompt, to the end of the agent's turn. Throws when the agent crashes or the model refused its last request. */
  async runTurn(prompt: string): Promise<AgentTurn> {
    const session = this.#session;
    const attempt = this.#attempt;
    if (!session) throw new Error('the agent was not started');
    attempt.enterPhase('agent');
    this.#sessionLog.startTurn();
    attempt.onUrgentMessage = () => {
      session.cancel().catch(() => {});
    };
    const stopReason = await rejectOnAbort(session.prompt(prompt), attempt.signal);
    attempt.onUrgentMessage = () => {};
    const fault = this.#modelProxy.lastFault;
    if (fault !== undefined && stopReason !== 'cancelled') {
      throw new AttemptFailure('agent', `the agent stopped at an error of the model: ${fault}`);
    }
    return { stopReason, text: this.#sessionLog.lastText.trim() };
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#modelProxy.close();
  }

  #handleUpdate(update: SessionUpdate): void {
    const { activity, loop } = this.#sessionLog.addUpdate(update);
    this.#attempt.recordProgress(activity);
    if (loop) this.#attempt.stop(new AttemptFailure('limit', loop));
  }

  #recordTokens(tokens: TokenCounts): void {
    const attempt = this.#attempt;
    attempt.usageMeter.addTokens(tokens);
    for (const { limitName, used, limit } of findNearlyExhaustedLimits(
      attempt.usageMeter.getUsage(),
      attempt.assignment.limits,
    )) {
      if (this.#warnedLimits.has(limitName)) continue;
      this.#warnedLimits.add(limitName);
      attempt.transcript.addEntry(
        'bridge',
        `80% of the limit on ${limitName} is used: ${used} of ${limit}`,
      );
    }
  }

  /** One question at a time is put to people; others wait their turn, and have their whole time then. */
  #enqueueQuestion({ question }: AgentQuestion): Promise<string> {
    const timeoutMs = Math.max(0, question.timeoutAt - Date.now());
    const answer = this.#lastQuestion.then(() =>
      this.#putQuestion({ ...question, timeoutAt: Date.now() + timeoutMs }, timeoutMs),
    );
    this.#lastQuestion = answer.catch(() => {});
    return answer;
  }

  #putQuestion(question: Question, timeoutMs: number): Promise<string> {
    const attempt = this.#attempt;
    return attempt.pauseClockDuring(async () => {
      attempt.transcript.addEntry('agent', `Question: ${question.text}`);
      const waiting = attempt.inbox.waitForAnswer(question.id, question.default, timeoutMs);
      await attempt.client.question(question);
      attempt.heartbeat.beatNow();
      const answer = await rejectOnAbort(waiting, attempt.signal);
      // The control plane may not know yet: what was said before the question names none.
      if (answer.by === 'person') attempt.heartbeat.beatNow();
      const by = answer.by === 'person' ? 'user' : 'bridge';
      attempt.transcript.addEntry(
        by,
        by === 'user' ? answer.text : `Nobody answered: ${answer.text}`,
      );
      return answer.text;
    });
  }
}
