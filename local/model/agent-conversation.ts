import type { CompletedCall } from './conversation.ts';
import type { Variations } from './variations.ts';

/** The conversation of an agent, as the scripted model reads it. The model decides on the next step from these fields only. */
export type AgentConversation = {
  /** First user message. */
  readonly prompt: string;
  /** Later user messages, oldest first. */
  readonly followUps: readonly string[];
  /** Completed tool calls, oldest first. */
  readonly calls: readonly CompletedCall[];
  /** Variations of wording, order and files that the seed of the scripted model selects. */
  readonly variations: Variations;
};

/** Renders the line that tells the bridge that the agent gives up. */
export function renderGiveUpLine(reason: string): string {
  return `CANNOT: ${reason}`;
}

/** Parses the verify commands from a prompt, each split into program and arguments; `node --test` if the prompt has none. */
export function parseVerifyCommands(prompt: string): string[][] {
  const commandList = /(?:has to|must) succeed: (.*)$/m.exec(prompt)?.[1] ?? '`node --test`';
  return [...commandList.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').split(' '));
}

/** Returns the name of the first failed test in the output of a command; without such a test, the last line of the output. */
export function findFirstFailure(output: string): string {
  const failure = /^\s*(?:✖|not ok \d+ -) (.*)$/m.exec(output)?.[1];
  return failure ?? output.trim().split('\n').at(-1) ?? '';
}
