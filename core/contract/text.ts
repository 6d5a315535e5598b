import { z } from 'zod';

// Texts that people and agents write. Git refuses a commit message with a zero byte, and terminals obey control characters, so
// no such character enters the platform.

/** Removes control characters except tabs and line breaks, and writes every line break as `\n`. */
export function stripControls(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\t\n])\p{Cc}/gu, '');
}

/** Creates the schema of a text without control characters; the limits apply to the cleaned text, in UTF-16 code units. */
export function createText(max: number, min = 0) {
  return z.string().overwrite(stripControls).min(min).max(max);
}

/** Creates the schema of a single line, such as a title: like createText, with a space in place of each line break or tab. */
export function createTextLine(max: number, min = 0) {
  return z.string().overwrite(stripToLine).min(min).max(max);
}

function stripToLine(text: string): string {
  return stripControls(text).replace(/[\t\n]+/g, ' ');
}
