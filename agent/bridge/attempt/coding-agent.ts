import type { StopReason } from '@agentclientprotocol/sdk';
import { agentNameSchema, describeMissingAgent } from '../../../core/contract/agent.ts';
import type { AcpSession, OpenedSession } from '../acp/acp-session.ts';
import { watchAgentExit } from '../acp/agent-exit.ts';
import { AGENT_TABLE, findAgent } from '../acp/agent-table.ts';
import type { SessionLog } from '../acp/session-log.ts';
import { AttemptFailure, rejectOnAbort } from '../attempt-error.ts';
import {
  findExhaustedBudget,
  findExhaustedLimit,
  findNearlyExhaustedLimits,
} from '../control/attempt-limits.ts';
import { findProgram } from '../host/find-program.ts';
import { ModelProxy } from '../model/model-proxy.ts';
import type { Upstream } from '../model/upstream.ts';
import type { Attempt } from './attempt.ts';
import { QuestionQueue } from './question-queue.ts';

/** Outcome of one turn of the agent. */
export type AgentTurn = {
  readonly stopReason: StopReason;
  /** Text that the agent wrote after its last tool call, trimmed. */
  readonly text: string;
  /** True if the agent neither wrote text nor called a tool. */
  readonly isEmpty: boolean;
};

type CodingAgentParts = {
  readonly session: AcpSession;
  readonly sessionLog: SessionLog;
  readonly modelProxy: ModelProxy;
};

/** A question gets its default after this time at the latest, milliseconds. */
const MAX_QUESTION_MS = 10 * 60_000;
/** Limit of the removed parts of model requests that the transcript names. */
const MAX_NOTED_PARTS = 50;

/** Running agent process of an attempt, with its model proxy. */
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

  /**
   * Opens the ACP session. The workspace must be ready.
   *
   * @param previousSession session of an earlier process of the agent, to resume if the agent can; undefined: a new session
   */
  async openSession(previousSession: string | undefined): Promise<OpenedSession> {
    return await rejectOnAbort(this.#session.open(previousSession), this.#attempt.signal);
  }

  /** Runs one turn. Throws an AttemptFailure if the agent exits, or if the last request of the agent to the model failed. */
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
    const failure = this.#modelProxy.lastFailure;
    if (failure !== undefined && stopReason !== 'cancelled') {
      const message = `the agent ended its turn after a failed request to the model: ${failure.reason}`;
      const until = failure.parkedUntil;
      throw until === undefined
        ? new AttemptFailure('agent', message)
        : new AttemptFailure('provider', message, { until });
    }
    const { lastText, isTurnEmpty } = this.#sessionLog;
    return { stopReason, text: lastText.trim(), isEmpty: isTurnEmpty };
  }

  /** Ends the agent and the model proxy. */
  async close(): Promise<void> {
    await this.#session.close();
    this.#modelProxy.close();
  }
}

/**
 * Starts the agent of the assignment. The workspace may still be empty; it must be ready when `openSession` is called.
 *
 * @param commandOverride command line to use instead of the command of the agent
 * @param sessionLog log that records the updates of the agent
 */
export async function startCodingAgent(
  attempt: Attempt,
  commandOverride: readonly string[] | undefined,
  sessionLog: SessionLog,
): Promise<CodingAgent> {
  const { name, model } = attempt.assignment.agent;
  const agentDefinition = findAgent(name, commandOverride);
  if (!agentDefinition) {
    const knownAgents = Object.keys(AGENT_TABLE).join(', ');
    const message = `the plan or the setting AGENT names the unknown agent "${name}"; the known agents are: ${knownAgents}`;
    throw new AttemptFailure('infra', message);
  }
  requireProgram(name, agentDefinition.command, attempt.processes.programPath);
  const credentials = await attempt.getCredentials();
  if (!credentials.model) {
    const message =
      'the control plane returned no model endpoint and key for this attempt; check MODEL_BASE_URL and MODEL_API_KEY of the installation';
    throw new AttemptFailure('infra', message);
  }
  const modelProxy = createModelProxy(attempt, credentials.model);
  const url = await modelProxy.listen();
  const { workspace, home, tmp } = attempt.folders;
  const endpoint = { url, bearer: modelProxy.bearer, model };
  const sandbox = await attempt.openWorkSandbox();
  const { programPath } = attempt.processes;
  const child = attempt.processes.spawn(
    sandbox.wrap(agentDefinition.command, workspace, programPath),
    {
      cwd: workspace,
      env: { ...attempt.childEnv, ...agentDefinition.buildEnv(endpoint) },
      stdin: 'pipe',
    },
  );
  const agentExit = watchAgentExit(child);
  const questions = new QuestionQueue(attempt);
  // The schemas of the protocol are large; this import loads them while the agent starts.
  const { startAcpSession } = await import('../acp/acp-session.ts');
  const sessionStart = startAcpSession({
    agentDefinition,
    child,
    agentExit,
    workspace,
    folders: [workspace, home, tmp],
    onUpdate: (update) => {
      const { activity, loopMessage } = sessionLog.addUpdate(update);
      attempt.recordProgress(activity);
      if (loopMessage) attempt.stop(new AttemptFailure('limit', loopMessage));
    },
    askPeople: (question) => questions.ask(question),
    questionTimeoutMs: Math.min(MAX_QUESTION_MS, attempt.assignment.limits.idleMinutes * 60_000),
  });
  const session = await rejectOnAbort(sessionStart, attempt.signal);
  return new CodingAgent(attempt, { session, sessionLog, modelProxy });
}

/** Throws an AttemptFailure if the program of a known agent is neither in the PATH nor at its path. */
function requireProgram(name: string, command: readonly string[], programPath: string): void {
  const [program = ''] = command;
  const known = agentNameSchema.safeParse(name);
  if (!known.success || known.data === 'small' || findProgram(program, programPath)) return;
  throw new AttemptFailure('agent_missing', describeMissingAgent(known.data));
}

/**
 * Creates the model proxy. Its callbacks count tokens, warn people once for each limit, and stop the attempt when a limit is reached or
 * the model endpoint refuses requests.
 */
function createModelProxy(attempt: Attempt, upstream: Upstream): ModelProxy {
  const { assignment, usageMeter, transcript } = attempt;
  const warnedLimits = new Set<string>();
  const notedParts = new Set<string>();
  const modelProxy = new ModelProxy({
    upstream,
    model: assignment.agent.model,
    findExhaustedLimit: () =>
      findExhaustedBudget(usageMeter.getUsage(), attempt.budget) ??
      findExhaustedLimit(usageMeter.getUsage(), assignment.limits),
    onTokens: (tokens) => {
      usageMeter.addTokens(tokens);
      const limits = findNearlyExhaustedLimits(usageMeter.getUsage(), assignment.limits);
      for (const { unit, used, limit } of limits) {
        if (warnedLimits.has(unit)) continue;
        warnedLimits.add(unit);
        const message = `${used} of ${limit} ${unit} are used; the attempt stops at ${limit}`;
        transcript.addEntry('bridge', message);
      }
    },
    onProgress: () => attempt.recordProgress(),
    onRemovedParts: (parts) => {
      const newParts = parts.filter((part) => !notedParts.has(part));
      if (newParts.length === 0 || notedParts.size >= MAX_NOTED_PARTS) return;
      for (const part of newParts) notedParts.add(part);
      const list = newParts.slice(0, MAX_NOTED_PARTS).join(', ');
      const message = `The requests of the agent to the model are sent without: ${list}. The limits of the attempt would not cover them.`;
      transcript.addEntry('bridge', message);
    },
    onLimit: (reason) => {
      const isBudgetUsed = findExhaustedBudget(usageMeter.getUsage(), attempt.budget) !== undefined;
      attempt.stop(new AttemptFailure(isBudgetUsed ? 'budget' : 'limit', reason));
    },
    onProviderRefusal: (reason, until) =>
      attempt.stop(new AttemptFailure('provider', reason, { until })),
    signal: attempt.signal,
  });
  attempt.redactor.addSecret(modelProxy.bearer);
  return modelProxy;
}
