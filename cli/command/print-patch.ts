import type { Patch } from '../../core/contract/patch.ts';
import type { ExitCode } from '../cli-error.ts';
import { createUsageError, EXIT } from '../cli-error.ts';
import type { CommandContext } from '../define-command.ts';
import type { Line, Style } from '../render/layout/line.ts';
import { styleSpan } from '../render/layout/line.ts';
import { cleanText } from '../render/layout/text.ts';

/** Options that choose between a patch and a list of files. */
export const PATCH_OPTIONS = {
  patch: { type: 'boolean', short: 'p', help: 'print the changes as a patch for `git apply`' },
  stat: { type: 'boolean', help: 'list the changed files with counts of lines (the default)' },
} as const;

/** Tells whether the person wants a patch; rejects both options at once. */
export function parsePatchOptions(values: {
  readonly patch?: boolean | undefined;
  readonly stat?: boolean | undefined;
}): boolean {
  if (values.patch === true && values.stat === true)
    throw createUsageError('--patch and --stat exclude each other: give at most one of them');
  return values.patch === true;
}

/** Styles of the lines of a patch by their start; the first match counts. */
const LINE_STYLES: readonly (readonly [RegExp, Style])[] = [
  [/^(?:diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename )/, 'bold'],
  [/^@@/, 'live'],
  [/^\+/, 'good'],
  [/^-/, 'bad'],
];

/** Prints a patch: unchanged into a file or pipe, and with colours at a terminal. A note names a cut patch. */
export function printPatch({ terminal }: CommandContext, patch: Patch): ExitCode {
  if (terminal.isJson) {
    terminal.printJson(patch);
    return EXIT.done;
  }
  if (patch.patch === '') terminal.printNotes([['No file differs.']]);
  else if (terminal.hasColour) terminal.printLines(renderPatch(patch.patch));
  else terminal.printRaw(patch.patch);
  if (patch.truncated) {
    const range = `${patch.base.slice(0, 12)}...${patch.head.slice(0, 12)}`;
    terminal.printNotes([
      [styleSpan('warn', '! '), `the patch is cut after 2 MB; the whole: git diff ${range}`],
    ]);
  }
  return EXIT.done;
}

function renderPatch(patch: string): Line[] {
  return cleanText(patch)
    .trimEnd()
    .split('\n')
    .map((text) => {
      const style = LINE_STYLES.find(([pattern]) => pattern.test(text))?.[1];
      return [style === undefined ? text : styleSpan(style, text)];
    });
}
