import { findObjectEnd } from './find-object-end.ts';

// Separates the reasoning that some models write into their answer, between `<think>` and `</think>`. The same words inside JSON
// strings belong to the answer.

/** Number of objects that are skipped as a whole; bounds the time for a text with many braces. */
const MAX_OBJECTS = 200;
const START_TAG = /^<(think|thinking|thought|reasoning)>/i;
const END_TAG = /<\/(think|thinking|thought|reasoning)>/i;

/** Removes the reasoning from a text. Reasoning without an end reaches to the end of the text. */
export function removeThoughts(text: string): string {
  return splitThoughts(text)
    .filter(({ isThought }) => !isThought)
    .map((section) => section.text)
    .join('');
}

/** Part of an answer. */
export type Section = { readonly text: string; readonly isThought: boolean };

/** Splits a text into reasoning and answer. A closing tag without an opening tag ends reasoning that began with the text. */
export function splitThoughts(text: string): Section[] {
  const sections: Section[] = [];
  let start = 0;
  let index = 0;
  let objectCount = 0;
  const endSection = (end: number, isThought: boolean) => {
    if (end > start) sections.push({ text: text.slice(start, end), isThought });
    start = end;
    index = end;
  };
  while (index < text.length) {
    const next = text.slice(index).search(/[<{]/);
    if (next < 0) break;
    index += next;
    if (text[index] === '{') {
      objectCount += 1;
      const end = objectCount > MAX_OBJECTS ? undefined : findObjectEnd(text, index);
      index = end ?? index + 1;
      continue;
    }
    const tail = text.slice(index, index + 20);
    const endTag = END_TAG.exec(tail);
    if (START_TAG.test(tail)) {
      endSection(index, false);
      endSection(findThoughtEnd(text, index), true);
    } else if (endTag?.index === 0) {
      const isFirst = sections.every((section) => !section.isThought);
      if (isFirst)
        for (const [at, section] of sections.entries())
          sections[at] = { ...section, isThought: true };
      endSection(index + endTag[0].length, isFirst);
    } else index += 1;
  }
  endSection(text.length, false);
  return sections;
}

function findThoughtEnd(text: string, start: number): number {
  const endTag = END_TAG.exec(text.slice(start));
  return endTag === null ? text.length : start + endTag.index + endTag[0].length;
}
