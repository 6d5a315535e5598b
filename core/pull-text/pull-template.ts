import { breakReferences } from './neutralise.ts';
import type { PullSection, SectionKey } from './pull-section.ts';

// A repository's own pull request template: our sections go under the headings that ask for them, its other parts stay as
// they are, and what it has no heading for follows at the end.

/** The first pattern that a heading matches decides; the later ones are the vaguer. */
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
  readonly filled: string[];
};

export function fillTemplate(template: string, sections: readonly PullSection[]): string {
  const parts = splitTemplate(closeOpenBlocks(breakReferences(template)));
  const rest = sections.filter((section) => !placeSection(section, parts));
  return [...parts.map(renderPart), ...rest.map(renderSection)]
    .filter((text) => text !== '')
    .join('\n\n');
}

export function renderSection(section: PullSection): string {
  return `## ${section.heading}\n\n${section.text}`;
}

function placeSection(section: PullSection, parts: readonly TemplatePart[]): boolean {
  const patterns = HEADING_PATTERNS[section.key] ?? [];
  const part = patterns
    .map((pattern) => parts.find(({ heading }) => pattern.test(heading)))
    .find((found) => found !== undefined);
  if (part === undefined) return false;
  const title = part.filled.length === 0 ? '' : `**${section.heading}**\n\n`;
  part.filled.push(`${title}${section.text}`);
  return true;
}

function renderPart(part: TemplatePart): string {
  const own = part.lines.join('\n');
  // Its comments tell a person what to write here; that is done.
  const kept = part.filled.length === 0 ? own : own.replace(/<!--[\s\S]*?(-->|$)/g, '');
  const texts = [part.heading, kept.replace(/\n{3,}/g, '\n\n').trim(), ...part.filled];
  return texts.filter((text) => text !== '').join('\n\n');
}

/** A comment or a code block that is left open would swallow what follows. */
function closeOpenBlocks(template: string): string {
  const comment = template.lastIndexOf('<!--') > template.lastIndexOf('-->') ? '\n-->' : '';
  const fences = template.match(/^\s{0,3}(```|~~~)/gm) ?? [];
  return `${template}${comment}${fences.length % 2 === 1 ? `\n${fences.at(-1)?.trim()}` : ''}`;
}

/** The part before the first heading has an empty one. */
function splitTemplate(template: string): TemplatePart[] {
  const first: TemplatePart = { heading: '', lines: [], filled: [] };
  const parts = [first];
  let hidden = false;
  for (const line of template.split('\n')) {
    // A heading inside of a code block or a comment is none.
    const isHeading = !hidden && /^#{1,6}\s+\S/.test(line);
    if (isHeading) parts.push({ heading: line.trim(), lines: [], filled: [] });
    else parts.at(-1)?.lines.push(line);
    if (/^\s{0,3}(```|~~~)/.test(line)) hidden = !hidden;
    if (line.includes('<!--')) hidden = true;
    if (line.includes('-->')) hidden = false;
  }
  return parts;
}
