import { SessionLog } from '../acp/session-log.ts';
import type { Attempt } from './attempt.ts';
import type { AgentTurn, CodingAgent } from './coding-agent.ts';
import { startCodingAgent } from './coding-agent.ts';
import { renderResumedPrompt } from './resumed-prompt.ts';

/**
 * Coding agent of a work attempt. The agent runs only while there is work to do: `end` ends the agent and every process that the agent
 * left behind, and the next turn starts the agent again and resumes its session.
 */
export class WorkAgent {
  readonly #attempt: Attempt;
  readonly #command: readonly string[] | undefined;
  readonly #sessionLog: SessionLog;
  /** Returns the first prompt of a new session. */
  #renderTaskPrompt: () => string = () => '';
  #start: Promise<CodingAgent> | undefined;
  #isSessionOpen = false;
  /** Session of the agent before its last end; undefined: no session exists yet. */
  #sessionId: string | undefined;

  /** @param command command line to use instead of the command of the agent */
  constructor(attempt: Attempt, command: readonly string[] | undefined) {
    this.#attempt = attempt;
    this.#command = command;
    this.#sessionLog = new SessionLog(attempt.transcript);
  }

  /** Finished tool calls of all sessions, one line for equal calls in a row. */
  get workLog(): readonly string[] {
    return this.#sessionLog.workLog;
  }

  /** Starts the agent without waiting for its start. The workspace may still be empty. */
  start(): void {
    if (this.#start) return;
    this.#start = startCodingAgent(this.#attempt, this.#command, this.#sessionLog);
    this.#start.catch(() => {});
  }

  /** Runs the first turn. The workspace must be ready. `renderTaskPrompt` is called again for a session that cannot be resumed. */
  runFirstTurn(renderTaskPrompt: () => string): Promise<AgentTurn> {
    this.#renderTaskPrompt = renderTaskPrompt;
    return this.runTurn(renderTaskPrompt());
  }

  /** Runs one turn. Starts the agent again if it has ended, and then either resumes its session or repeats the task in a new session. */
  async runTurn(prompt: string): Promise<AgentTurn> {
    this.start();
    const agent = await this.#requireAgent();
    return agent.runTurn(await this.#openSession(agent, prompt));
  }

  /** Opens a session unless a session is open. Returns the prompt to send. */
  async #openSession(agent: CodingAgent, prompt: string): Promise<string> {
    if (this.#isSessionOpen) return prompt;
    const previousSession = this.#sessionId;
    const { sessionId, isResumed } = await agent.openSession(previousSession);
    this.#sessionId = sessionId;
    this.#isSessionOpen = true;
    if (previousSession === undefined || isResumed) return prompt;
    const { transcript } = this.#attempt;
    return renderResumedPrompt(this.#renderTaskPrompt(), transcript.renderEnd(), prompt);
  }

  #requireAgent(): Promise<CodingAgent> {
    return this.#start ?? Promise.reject(new Error('the agent was not started'));
  }

  /** Ends the agent and every process that the agent, its commands or set-up left behind. Throws if such a process survives. */
  async end(): Promise<void> {
    await this.close();
    await this.#attempt.endWorkProcesses();
  }

  /** Ends the agent; its background processes may continue to run. */
  async close(): Promise<void> {
    const agent = await this.#start?.catch(() => undefined);
    this.#start = undefined;
    this.#isSessionOpen = false;
    await agent?.close();
  }
}
