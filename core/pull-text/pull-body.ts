import {
  breakReferences,
  formatCodeBlock,
  formatInlineCode,
  neutraliseInline,
  truncateText,
} from '../base/safe-text.ts';
import type { Flag, FlagCounts, Uncommitted } from '../contract/flag.ts';
import {
  countFlags,
  describeFlagCounts,
  describeUncommitted,
  sortFlags,
  subtractFlagCounts,
} from '../contract/flag.ts';
import type { CommandResult, Evidence, Usage } from '../contract/task.ts';

// Assembles the description of a pull request from sections, within the template of the repository and the limit of the forge.

/** Maximum number of flags that a description lists. */
const MAX_LISTED_FLAGS = 30;
/** Upper bound of a description, characters. A forge accepts 65,536; the difference leaves room for edits by people. */
export const MAX_BODY_CHARS = 60_000;

/** Identifies a section; `HEADING_PATTERNS` finds the matching heading of a template by this key. */
export type SectionKey =
  | 'task'
  | 'done'
  | 'criteria'
  | 'depends'
  | 'evidence'
  | 'log'
  | 'leftOut'
  | 'flagged'
  | 'uncommitted'
  | 'graph'
  | 'table'
  | 'usage'
  | 'links';

/** A section of a description, in Markdown. */
export type PullSection = {
  readonly key: SectionKey;
  readonly heading: string;
  /** Markdown below the heading. An empty text omits the section. */
  readonly text: string;
  /** Sections with the lowest importance are omitted first when the description is too long. */
  readonly importance: number;
};

/** The parts of a description; all texts are Markdown. */
export type BodyParts = {
  /** Opening sentences above all sections; empty for no opening. */
  readonly intro: string;
  readonly sections: readonly PullSection[];
  /** Closing sentences below a horizontal line. */
  readonly footer: string;
  /** The repository's own pull request template. */
  readonly template?: string;
};

/** A changed path that was not committed, because the path belongs to the scope of another task. */
export type LeftOutPath = { readonly path: string; readonly task: string };

/** Assembles a description below the length limit; replaces sections by a notice, lowest importance first, until the text fits. */
export function assembleBody(parts: BodyParts): string {
  let sections = parts.sections.filter(({ text }) => text !== '');
  let body = renderBody(parts, sections);
  const byImportance = [...sections].sort((a, b) => a.importance - b.importance);
  for (const { key } of byImportance) {
    if (body.length < MAX_BODY_CHARS) return body;
    const text = '_Omitted, because this description would be too long._';
    sections = sections.map((section) => (section.key === key ? { ...section, text } : section));
    body = renderBody(parts, sections);
  }
  return truncateText(body, MAX_BODY_CHARS - 1);
}

function renderBody(parts: BodyParts, sections: readonly PullSection[]): string {
  const content =
    parts.template === undefined || parts.template.trim() === ''
      ? sections.map(renderSection).join('\n\n')
      : fillTemplate(parts.template, sections);
  return [parts.intro, content, `---\n\n${parts.footer}`]
    .filter((text) => text !== '')
    .join('\n\n');
}

function renderSection(section: PullSection): string {
  return `## ${section.heading}\n\n${section.text}`;
}

// The text of a template stays. A section is placed below the first heading of the template that asks for its content;
// sections without such a heading follow at the end.

/** Patterns of template headings that ask for the content of a section, most specific pattern first. */
const HEADING_PATTERNS: Readonly<Partial<Record<SectionKey, readonly RegExp[]>>> = {
  task: [
    /\b(description|summary|overview)/i,
    /\b(motivation|context|background|purpose|why|about)/i,
    /\bwhat\b(?! (kind|type))/i,
  ],
  done: [
    /\b(changes( made)?|implementation|solution|approach)\b/i,
    /\b(description|summary|overview|details)/i,
  ],
  criteria: [/\b(acceptance|criteria|definition of done|requirements)/i],
  evidence: [/\b(test|verif|validat|qa\b)/i],
  depends: [/\b(depend|prerequisite|related (pr|pull|work))/i],
  flagged: [/\b(reviewers?|attention|risks?)\b/i],
};

type TemplatePart = {
  readonly heading: string;
  readonly lines: string[];
  readonly sectionTexts: string[];
};

function fillTemplate(template: string, sections: readonly PullSection[]): string {
  const parts = splitTemplate(closeOpenBlocks(breakReferences(template)));
  const unplaced = sections.filter((section) => !placeSection(section, parts));
  return [...parts.map(renderTemplatePart), ...unplaced.map(renderSection)]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Adds a section to the matching part; returns false if no heading matches. */
function placeSection(section: PullSection, parts: readonly TemplatePart[]): boolean {
  const patterns = HEADING_PATTERNS[section.key] ?? [];
  const part = patterns
    .map((pattern) => parts.find(({ heading }) => pattern.test(heading)))
    .find((found) => found !== undefined);
  if (part === undefined) return false;
  const title = part.sectionTexts.length === 0 ? '' : `**${section.heading}**\n\n`;
  part.sectionTexts.push(`${title}${section.text}`);
  return true;
}

function renderTemplatePart(part: TemplatePart): string {
  const templateText = part.lines.join('\n');
  // Comments in a template instruct the author, so a part with a section no longer needs comments.
  const visibleText =
    part.sectionTexts.length === 0
      ? templateText
      : templateText.replace(/<!--[\s\S]*?(-->|$)/g, '');
  const texts = [part.heading, visibleText.replace(/\n{3,}/g, '\n\n').trim(), ...part.sectionTexts];
  return texts.filter((text) => text !== '').join('\n\n');
}

/** Closes a comment or code block without an end, which would otherwise include the sections below. */
function closeOpenBlocks(template: string): string {
  const comment = template.lastIndexOf('<!--') > template.lastIndexOf('-->') ? '\n-->' : '';
  const fences = template.match(/^\s{0,3}(```|~~~)/gm) ?? [];
  return `${template}${comment}${fences.length % 2 === 1 ? `\n${fences.at(-1)?.trim()}` : ''}`;
}

/** Splits a template at its headings; the part before the first heading has an empty heading. */
function splitTemplate(template: string): TemplatePart[] {
  const preamble: TemplatePart = { heading: '', lines: [], sectionTexts: [] };
  const parts = [preamble];
  let isInBlock = false;
  for (const line of template.split('\n')) {
    // Lines inside a code block or a comment are never headings.
    const isHeading = !isInBlock && /^#{1,6}\s+\S/.test(line);
    if (isHeading) parts.push({ heading: line.trim(), lines: [], sectionTexts: [] });
    else parts.at(-1)?.lines.push(line);
    if (/^\s{0,3}(```|~~~)/.test(line)) isInBlock = !isInBlock;
    if (line.includes('<!--')) isInBlock = true;
    if (line.includes('-->')) isInBlock = false;
  }
  return parts;
}

/** Lists changes in the scopes of other tasks, which the bridge did not commit. */
export function createLeftOutSection(leftOut: readonly LeftOutPath[]): PullSection {
  const lines = leftOut.map(
    ({ path, task }) =>
      `${formatInlineCode(path, 200)} belongs to task ${formatInlineCode(task, 60)}`,
  );
  const intro =
    'The agent also changed these files, but another unfinished task owns them. This pull request does not contain those changes.';
  const text = lines.length === 0 ? '' : `${intro}\n\n${renderBulletList(lines, 30)}`;
  return { key: 'leftOut', heading: 'Changes left out', text, importance: 6 };
}

/** Lists files that the agent wrote and that the commit does not contain, in groups with the cause. */
export function createUncommittedSection(uncommitted: readonly Uncommitted[]): PullSection {
  const lines = uncommitted.map((group) => neutraliseInline(describeUncommitted(group), 400));
  const intro =
    'The agent also wrote these files, but git does not commit them. This pull request does not contain them.';
  const text = lines.length === 0 ? '' : `${intro}\n\n${renderBulletList(lines, 20)}`;
  return { key: 'uncommitted', heading: 'Not committed', text, importance: 6 };
}

/**
 * Lists committed paths that a reviewer should check, with the reasons, the worst first.
 *
 * @param counts counts of all flags, because `flagged` may be shortened
 */
export function createFlaggedSection(
  flagged: readonly Flag[],
  counts: FlagCounts = countFlags(flagged),
): PullSection {
  const shown = sortFlags(flagged).slice(0, MAX_LISTED_FLAGS);
  const lines = shown.map(
    ({ path, why }) => `- ${formatInlineCode(path, 200)}: ${neutraliseInline(why, 200)}`,
  );
  const hidden = subtractFlagCounts(counts, countFlags(shown));
  const hiddenTotal = Object.values(hidden).reduce((sum, count) => sum + count, 0);
  if (hiddenTotal > 0) lines.push(`- … and ${hiddenTotal} more: ${describeFlagCounts(hidden)}`);
  const intro = 'Please review these files with particular care.';
  const text = lines.length === 0 ? '' : `${intro}\n\n${lines.join('\n')}`;
  return { key: 'flagged', heading: 'Needs attention', text, importance: 7 };
}

/** Shows the results of the verify commands, and the end of the output of at most three failed commands. */
export function createEvidenceSection(evidence: Evidence | undefined): PullSection {
  const section = { key: 'evidence', heading: 'Evidence', importance: 8 } as const;
  if (evidence === undefined) {
    return {
      ...section,
      text: 'Not verified yet: no verify command has run on the current commit.',
    };
  }
  const containedRoot =
    evidence.commit === evidence.root
      ? ''
      : `, which contains commit ${formatSha(evidence.root)} of the target branch`;
  const commit = `commit ${formatSha(evidence.commit)}${containedRoot}`;
  if (evidence.empty || evidence.results.length === 0) {
    const text = `No command was run on ${commit}: this repository defines no verify commands. To have changes tested, list commands under \`verify\` in \`.smol-gang.yaml\`.`;
    return { ...section, text };
  }
  const verdict = evidence.green ? '**Passed**' : '**Failed**';
  const table = [
    '| Command | Result | Time |',
    '|---|---|---|',
    ...evidence.results.slice(0, 20).map(renderResultRow),
  ].join('\n');
  const failures = evidence.results.filter(({ exitCode }) => exitCode !== 0).slice(0, 3);
  const isolation =
    evidence.isolation === 'processes'
      ? ' They ran without process namespaces, so a process that the agent hid could have influenced the result.'
      : '';
  const summary = `${verdict}: the verify commands ran on exactly ${commit}.${isolation}`;
  return { ...section, text: [summary, table, ...failures.map(renderOutput)].join('\n\n') };
}

function renderResultRow(result: CommandResult): string {
  const exit = result.exitCode === null ? 'did not finish' : `exit code ${result.exitCode}`;
  const outcome = result.exitCode === 0 ? 'passed' : `**failed** (${exit})`;
  return `| ${formatInlineCode(result.command.join(' '), 160)} | ${outcome} | ${formatDuration(result.durationMs)} |`;
}

function renderOutput(result: CommandResult): string {
  const command = formatInlineCode(result.command.join(' '), 100);
  return `End of the output of ${command}:\n\n${formatCodeBlock(result.output, 2_000)}`;
}

function formatSha(commit: string): string {
  return formatInlineCode(commit.slice(0, 12), 12);
}

/** Renders at most `max` bullets and the number of omitted lines. */
export function renderBulletList(lines: readonly string[], max: number): string {
  const shown = lines.slice(0, max).map((line) => `- ${line}`);
  if (lines.length > max) shown.push(`- … and ${lines.length - max} more`);
  return shown.join('\n');
}

/** Formats tokens and cost, and the duration (in milliseconds) if known. */
export function formatUsage(usage: Usage, durationMs: number | undefined): string {
  const cost =
    usage.usd === null
      ? 'cost unknown (no price is configured for the model)'
      : formatUsd(usage.usd);
  const counts = `${formatCount(usage.inputTokens)} input tokens, ${formatCount(usage.outputTokens)} output tokens, ${cost}`;
  return durationMs === undefined ? counts : `${counts}, ${formatDuration(durationMs)}`;
}

/** Formats an amount in US dollars; a positive amount never appears as zero. */
export function formatUsd(amount: number): string {
  return amount > 0 && amount < 0.01 ? 'less than $0.01' : `$${amount.toFixed(2)}`;
}

/** Formats a count with thousands separators. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Formats milliseconds as "850 ms", "12 s", "3 min 4 s" or "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
