import type { StopReason } from '@agentclientprotocol/sdk';
import type { AcpSession } from '../acp/acp-session.ts';
import { watchAgentExit } from '../acp/agent-exit.ts';
import { findAgent } from '../acp/agent-table.ts';
import { SessionLog } from '../acp/session-log.ts';
import { AttemptFailure, rejectOnAbort } from '../attempt-error.ts';
import { findExhaustedLimit, findNearlyExhaustedLimits } from '../control/attempt-limits.ts';
import { ModelProxy } from '../model/model-proxy.ts';
import type { Upstream } from '../model/upstream.ts';
import type { Attempt } from './attempt.ts';
import { QuestionQueue } from './question-queue.ts';

/** End of one turn of the agent. */
export type AgentTurn = {
  readonly stopReason: StopReason;
  /** Text of the agent after its last tool call, trimmed. */
  readonly text: string;
};

type CodingAgentParts = {
  readonly session: AcpSession;
  readonly sessionLog: SessionLog;
  readonly modelProxy: ModelProxy;
};

const MAX_QUESTION_MS = 10 * 60_000;

/** Running agent of an attempt with its model proxy. */
export class CodingAgent {
  readonly #attempt: Attempt;
  readonly #session: AcpSession;
  readonly #sessionLog: SessionLog;
  readonly #modelProxy: ModelProxy;

  constructor(attempt: Attempt, { session, sessionLog, modelProxy }: CodingAgentParts) {
    this.#attempt = attempt;
    this.#session = session;
    this.#sessionLog = sessionLog;
    this.#modelProxy = modelProxy;
  }

  /** Finished tool calls, a line each. */
  get workLog(): readonly string[] {
    return this.#sessionLog.workLog;
  }

  /** Creates the session of the agent; the workspace must be ready. */
  async openSession(): Promise<void> {
    await rejectOnAbort(this.#session.open(), this.#attempt.signal);
  }

  /** Runs one turn to the end. Throws an AttemptFailure when the agent exits or the model refused its last request. */
  async runTurn(prompt: string): Promise<AgentTurn> {
    const session = this.#session;
    const attempt = this.#attempt;
    attempt.enterPhase('agent');
    this.#sessionLog.startTurn();
    attempt.onUrgentMessage = () => {
      session.cancel().catch(() => {});
    };
    const stopReason = await rejectOnAbort(session.prompt(prompt), attempt.signal);
    attempt.onUrgentMessage = () => {};
    const fault = this.#modelProxy.lastFault;
    if (fault !== undefined && stopReason !== 'cancelled') {
      throw new AttemptFailure('agent', `the agent stopped after an error of the model: ${fault}`);
    }
    return { stopReason, text: this.#sessionLog.lastText.trim() };
  }

  /** Ends the agent and the model proxy. */
  async close(): Promise<void> {
    await this.#session.close();
    this.#modelProxy.close();
  }
}

/**
 * Starts the agent of the assignment. The workspace need not be ready before `openSession`.
 *
 * @param command command line that replaces the command of the agent
 */
export async function startCodingAgent(
  attempt: Attempt,
  command: readonly string[] | undefined,
): Promise<CodingAgent> {
  const { name, model } = attempt.assignment.agent;
  const row = findAgent(name, command);
  if (!row) throw new AttemptFailure('infra', `unknown agent "${name}"`);
  const credentials = await attempt.getCredentials();
  if (!credentials.model) {
    throw new AttemptFailure('infra', 'the credentials of the attempt contain no model');
  }
  const modelProxy = createModelProxy(attempt, credentials.model);
  const url = await modelProxy.listen();
  const { workspace, home, tmp } = attempt.folders;
  const child = attempt.processes.spawn(row.command, {
    cwd: workspace,
    env: { ...attempt.childEnv, ...row.buildEnv({ url, bearer: modelProxy.bearer, model }) },
    stdin: 'pipe',
  });
  const exited = watchAgentExit(child);
  const sessionLog = new SessionLog(attempt.transcript);
  const questions = new QuestionQueue(attempt);
  // The import loads the large schemas of the protocol while the agent boots.
  const { startAcpSession } = await import('../acp/acp-session.ts');
  const starting = startAcpSession({
    row,
    child,
    exited,
    workspace,
    folders: [workspace, home, tmp],
    onUpdate: (update) => {
      const { activity, loop } = sessionLog.addUpdate(update);
      attempt.recordProgress(activity);
      if (loop) attempt.stop(new AttemptFailure('limit', loop));
    },
    askPeople: (question) => questions.ask(question),
    questionTimeoutMs: Math.min(MAX_QUESTION_MS, attempt.assignment.limits.idleMinutes * 60_000),
  });
  const session = await rejectOnAbort(starting, attempt.signal);
  return new CodingAgent(attempt, { session, sessionLog, modelProxy });
}

/** Creates the model proxy: counts tokens, warns people once per limit, and stops the attempt at a limit or refusal. */
function createModelProxy(attempt: Attempt, upstream: Upstream): ModelProxy {
  const { assignment, usageMeter, transcript } = attempt;
  const warnedLimits = new Set<string>();
  const modelProxy = new ModelProxy({
    upstream,
    model: assignment.agent.model,
    findExhaustedLimit: () => findExhaustedLimit(usageMeter.getUsage(), assignment.limits),
    onTokens: (tokens) => {
      usageMeter.addTokens(tokens);
      const limits = findNearlyExhaustedLimits(usageMeter.getUsage(), assignment.limits);
      for (const { limitName, used, limit } of limits) {
        if (warnedLimits.has(limitName)) continue;
        warnedLimits.add(limitName);
        const message = `80% of the limit on ${limitName} is used: ${used} of ${limit}`;
        transcript.addEntry('bridge', message);
      }
    },
    onProgress: () => attempt.recordProgress(),
    onLimit: (reason) => attempt.stop(new AttemptFailure('limit', reason)),
    onProviderRefusal: (reason, until) =>
      attempt.stop(new AttemptFailure('provider', reason, { until })),
    signal: attempt.signal,
  });
  attempt.redactor.addSecret(modelProxy.bearer);
  return modelProxy;
}
