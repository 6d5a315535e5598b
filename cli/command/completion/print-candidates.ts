import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { EXIT } from '../../cli-error.ts';
import type { Command, CommandContext } from '../../define-command.ts';
import { cleanLine } from '../../render/layout/text.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { Candidate } from './find-candidates.ts';
import { findCandidates } from './find-candidates.ts';

/** Timeout of a request for ids: a shell waits for the candidates. */
const TIMEOUT_MS = 2_000;
const MAX_PLANS = 50;

/** Prints a line for each candidate, word and description separated by a tab. Prints no ids if smol-gang does not answer. */
export async function printCandidates(
  context: CommandContext,
  words: readonly string[],
  commands: readonly Command[],
): Promise<ExitCode> {
  const candidates = await findCandidates(words, commands, {
    listPlans: () => listPlans(context).catch(() => []),
    listTasks: (plan) => listTasks(context, plan).catch(() => []),
  });
  const lines = candidates.map(({ word, about }) => `${cleanLine(word)}\t${cleanLine(about)}`);
  if (lines.length > 0) context.terminal.printRaw(lines.join('\n'));
  return EXIT.done;
}

async function listPlans(context: CommandContext): Promise<Candidate[]> {
  const client = await context.client();
  const query = { limit: MAX_PLANS };
  const { items } = await client.call(API.listPlans, { query }, { timeoutMs: TIMEOUT_MS });
  const plans = items.map(({ id, title, status }) => ({ word: id, about: `${status}: ${title}` }));
  return [...plans, { word: 'last', about: 'the plan that was created last' }];
}

async function listTasks(context: CommandContext, argument: string): Promise<Candidate[]> {
  const client = await context.client();
  const plan = await resolvePlan(client, argument);
  const query = { limit: 200 };
  const { items } = await client.call(
    API.listTasks,
    { params: { plan }, query },
    { timeoutMs: TIMEOUT_MS },
  );
  return items
    .filter(({ kind }) => kind !== 'join')
    .map(({ id, title, status }) => ({ word: id, about: `${status}: ${title}` }));
}
