import type { DoneCall } from './conversation.ts';
import type { Flavour } from './flavour.ts';

/** The conversation of the scripted agent, prepared for its decisions. */
export type AgentView = {
  /** First user message. */
  readonly prompt: string;
  /** Later user messages, oldest first. */
  readonly followUps: readonly string[];
  /** Completed tool calls, oldest first. */
  readonly calls: readonly DoneCall[];
  readonly flavour: Flavour;
};

/** Renders the line that tells the bridge that the agent gives up. */
export function renderGiveUpLine(reason: string): string {
  return `CANNOT: ${reason}`;
}

/** Parses the verify commands from a prompt. */
export function parseVerifyCommands(prompt: string): string[][] {
  const line = /this is run, and has to succeed: (.*)$/m.exec(prompt)?.[1] ?? '`node --test`';
  return [...line.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').split(' '));
}

/** Returns the name of the first failed test in the output of a command, else its last line. */
export function findFirstFailure(output: string): string {
  const failure = /^\s*(?:✖|not ok \d+ -) (.*)$/m.exec(output)?.[1];
  return failure ?? output.trim().split('\n').at(-1) ?? '';
}
