import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Attempt } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { openRepository } from './open-repository.ts';
import { TaskWork } from './task-work.ts';
import { WorkAgent } from './work-agent.ts';

/** Settings of the machine for a work attempt. */
export type WorkAttemptOptions = {
  /** Folder of the shared mirrors; undefined: no mirror is used. */
  readonly mirrorDir: string | undefined;
  /** Command line to use instead of the command of the agent. */
  readonly agentCommand: string[] | undefined;
};

/** Runs a `work` or `repair` attempt. Returns the result with green evidence; throws an AttemptFailure otherwise. */
export async function runWorkAttempt(
  attempt: Attempt,
  options: WorkAttemptOptions,
): Promise<AttemptResult> {
  const { start } = attempt.assignment.repository;
  const agent = new WorkAgent(attempt, options.agentCommand);
  // The agent starts while the repository is fetched.
  agent.start();
  try {
    const repository = await openRepository(attempt, options.mirrorDir, [start]);
    const taskWork = new TaskWork(attempt, repository);
    await taskWork.prepareWorkspace(start, repository.rootCommit);
    return await new Conversation(attempt, taskWork, repository.workspace, agent).runTurns();
  } finally {
    await agent.close();
  }
}
