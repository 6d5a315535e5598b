import { truncateText } from '../base/plain-text.ts';
import type { PullSection } from './pull-section.ts';
import { fillTemplate, renderSection } from './pull-template.ts';

/** A forge takes 65,536; what a person adds later needs room too. */
export const MAX_BODY_CHARS = 60_000;

export type BodyParts = {
  /** First of all, one or two sentences. */
  readonly intro: string;
  readonly sections: readonly PullSection[];
  readonly footer: string;
  /** The repository's own template. */
  readonly template?: string;
};

/** Always below the limit: what weighs least is replaced by a word that it is missing. */
export function assembleBody(parts: BodyParts): string {
  let sections = parts.sections.filter(({ text }) => text !== '');
  let body = renderBody(parts, sections);
  const byWeight = [...sections].sort((a, b) => a.weight - b.weight);
  for (const { key } of byWeight) {
    if (body.length < MAX_BODY_CHARS) return body;
    const text = '_Left out: this description would be too long._';
    sections = sections.map((section) => (section.key === key ? { ...section, text } : section));
    body = renderBody(parts, sections);
  }
  return truncateText(body, MAX_BODY_CHARS - 1);
}

function renderBody(parts: BodyParts, sections: readonly PullSection[]): string {
  const middle =
    parts.template === undefined || parts.template.trim() === ''
      ? sections.map(renderSection).join('\n\n')
      : fillTemplate(parts.template, sections);
  return [parts.intro, middle, `---\n\n${parts.footer}`].filter((text) => text !== '').join('\n\n');
}
