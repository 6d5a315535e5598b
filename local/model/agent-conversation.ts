import type { CompletedCall } from './conversation.ts';
import type { Variations } from './variations.ts';

/** The conversation between the bridge and the scripted agent. The agent decides on its next step from these fields only. */
export type AgentConversation = {
  /** First user message. */
  readonly prompt: string;
  /** Later user messages, oldest first. */
  readonly followUps: readonly string[];
  /** Completed tool calls, oldest first. */
  readonly calls: readonly CompletedCall[];
  /** Variations of order and wording that the seed of this run selects. */
  readonly variations: Variations;
};

/** Renders the line by which the agent tells the bridge that it gives up. */
export function renderGiveUpLine(reason: string): string {
  return `CANNOT: ${reason}`;
}

/** Parses the verify commands from a prompt; `node --test` if the prompt has none. */
export function parseVerifyCommands(prompt: string): string[][] {
  const commandList = /(?:has to|must) succeed: (.*)$/m.exec(prompt)?.[1] ?? '`node --test`';
  return [...commandList.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').split(' '));
}

/** Returns the name of the first failed test in the output of a command, else its last line. */
export function findFirstFailure(output: string): string {
  const failure = /^\s*(?:✖|not ok \d+ -) (.*)$/m.exec(output)?.[1];
  return failure ?? output.trim().split('\n').at(-1) ?? '';
}
