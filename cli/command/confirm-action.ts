import { CliError, EXIT } from '../cli-error.ts';
import type { OptionSpecs } from '../define-command.ts';
import type { Terminal } from '../terminal.ts';

/** Option of every command that asks for a confirmation. */
export const YES_OPTION = {
  yes: { type: 'boolean', short: 'y', help: 'do not ask for confirmation' },
} as const satisfies OptionSpecs;

/**
 * Asks the person to confirm an action that cannot be undone. `--yes` answers the question.
 *
 * @param question names the action and its effect: "Cancel plan p1? Its agents stop."
 * @throws CliError `confirmation_needed` without a terminal and without --yes, `not_confirmed` after any answer but yes
 */
export async function confirmAction(
  { terminal }: { readonly terminal: Terminal },
  values: { readonly yes?: boolean | undefined },
  question: string,
): Promise<void> {
  if (values.yes === true) return;
  if (!terminal.isInteractive) {
    throw new CliError(EXIT.usage, 'confirmation_needed', question, {
      advice: 'without a terminal, and with --json, repeat the command with --yes to confirm',
    });
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (/^\s*y(es)?\s*$/i.test(answer)) return;
  throw new CliError(EXIT.failed, 'not_confirmed', 'not confirmed: nothing was changed');
}
