import type { DoneCall } from './conversation.ts';
import type { Flavour } from './flavour.ts';

/** What the scripted agent goes by. */
export type AgentView = {
  /** The first prompt, whole. */
  readonly prompt: string;
  /** What was said after it, oldest first. */
  readonly followUps: readonly string[];
  readonly calls: readonly DoneCall[];
  readonly flavour: Flavour;
};

/** The line with which an agent gives up. */
export function renderGiveUpLine(reason: string): string {
  return `CANNOT: ${reason}`;
}

/** What the prompt says has to succeed in the end. */
export function parseVerifyCommands(prompt: string): string[][] {
  const line = /this is run, and has to succeed: (.*)$/m.exec(prompt)?.[1] ?? '`node --test`';
  return [...line.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').split(' '));
}

/** The first sign of a failed test in what a command printed. */
export function findFirstFailure(output: string): string {
  const failure = /^\s*(?:✖|not ok \d+ -) (.*)$/m.exec(output)?.[1];
  return failure ?? output.trim().split('\n').at(-1) ?? '';
}
