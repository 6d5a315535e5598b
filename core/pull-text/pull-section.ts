import type { CommandResult, Evidence, Usage } from '../contract/task.ts';
import { formatCodeBlock, formatInlineCode, neutraliseInline } from './neutralise.ts';

/** By it a section finds its heading in a repository's template. */
export type SectionKey =
  | 'task'
  | 'done'
  | 'criteria'
  | 'depends'
  | 'evidence'
  | 'log'
  | 'leftOut'
  | 'flagged'
  | 'graph'
  | 'table'
  | 'usage'
  | 'links';

export type PullSection = {
  readonly key: SectionKey;
  readonly heading: string;
  /** Empty: there is nothing to say, and no section. */
  readonly text: string;
  /** When a body is too long, the section with the lowest goes first. */
  readonly weight: number;
};

export type LeftOutPath = { readonly path: string; readonly task: string };
export type FlaggedPath = { readonly path: string; readonly why: string };

/** At most `max` lines, and how many more there are. */
export function renderBulletList(lines: readonly string[], max: number): string {
  const shown = lines.slice(0, max).map((line) => `- ${line}`);
  if (lines.length > max) shown.push(`- … and ${lines.length - max} more`);
  return shown.join('\n');
}

export function createLeftOutSection(leftOut: readonly LeftOutPath[]): PullSection {
  const lines = leftOut.map(
    ({ path, task }) => `${formatInlineCode(path, 200)} belongs to ${formatInlineCode(task, 60)}`,
  );
  const intro = 'Changed by the agent, but in the scope of another unfinished task: not committed.';
  const text = lines.length === 0 ? '' : `${intro}\n\n${renderBulletList(lines, 30)}`;
  return { key: 'leftOut', heading: 'Left out', text, weight: 6 };
}

export function createFlaggedSection(flagged: readonly FlaggedPath[]): PullSection {
  const lines = flagged.map(
    ({ path, why }) => `${formatInlineCode(path, 200)}: ${neutraliseInline(why, 200)}`,
  );
  return {
    key: 'flagged',
    heading: 'Please look at',
    text: renderBulletList(lines, 30),
    weight: 7,
  };
}

export function createEvidenceSection(evidence: Evidence | undefined): PullSection {
  const section = { key: 'evidence', heading: 'Evidence', weight: 8 } as const;
  if (evidence === undefined) return { ...section, text: 'Not verified yet.' };
  const commits = `commit ${formatSha(evidence.commit)}, which contains ${formatSha(evidence.root)}`;
  if (evidence.empty || evidence.results.length === 0) {
    const text = `Nothing was run on ${commits}: no verify command is known for this repository.`;
    return { ...section, text };
  }
  const verdict = evidence.green ? 'Green' : '**Red**';
  const table = [
    '| Command | Result | Time |',
    '|---|---|---|',
    ...evidence.results.slice(0, 20).map(renderResultRow),
  ].join('\n');
  const outputs = evidence.results.filter(({ exitCode }) => exitCode !== 0).slice(0, 3);
  const text = [`${verdict}: run on exactly ${commits}.`, table, ...outputs.map(renderOutput)];
  return { ...section, text: text.join('\n\n') };
}

export function formatUsage(usage: Usage, durationMs: number | undefined): string {
  const cost =
    usage.usd === null
      ? 'cost unknown (no price is configured for the model)'
      : formatUsd(usage.usd);
  const counts = `${formatCount(usage.inputTokens)} tokens in, ${formatCount(usage.outputTokens)} out, ${cost}`;
  return durationMs === undefined ? counts : `${counts}, ${formatDuration(durationMs)}`;
}

export function formatUsd(amount: number): string {
  return amount > 0 && amount < 0.01 ? 'less than $0.01' : `$${amount.toFixed(2)}`;
}

export function formatCount(tokens: number): string {
  return tokens.toLocaleString('en-US');
}

/** "850 ms", "12 s", "3 min 4 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function renderResultRow(result: CommandResult): string {
  const code = result.exitCode === null ? 'did not end' : `exit ${result.exitCode}`;
  const outcome = result.exitCode === 0 ? 'passed' : `**failed** (${code})`;
  return `| ${formatInlineCode(result.command.join(' '), 160)} | ${outcome} | ${formatDuration(result.durationMs)} |`;
}

function renderOutput(result: CommandResult): string {
  const name = formatInlineCode(result.command.join(' '), 100);
  return `End of the output of ${name}:\n\n${formatCodeBlock(result.output, 2_000)}`;
}

function formatSha(commit: string): string {
  return formatInlineCode(commit.slice(0, 12), 12);
}
