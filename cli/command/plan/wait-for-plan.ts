import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import type { PlanSnapshot } from '../../watch/follow-plan.ts';
import {
  createLastingCheck,
  getExitCode,
  hasEnded,
  isAtStandstill,
  needsPerson,
} from '../../watch/plan-outcome.ts';
import type { WatchEnd, WatchOptions } from '../../watch/watch-plan.ts';
import { watchPlan } from '../../watch/watch-plan.ts';
import { printPlan, printSummary } from './print-plan.ts';

/** Time for which a plan must need a person before the command ends, because the need may disappear by itself. */
const PERSON_NEEDED_MS = 5_000;

/**
 * Watches a plan until it ends, halts or needs a person. On an interactive terminal, asks for the approval and then continues
 * to watch; a question or a review does not end the watch there, because the view shows the command for it.
 */
export async function waitForPlan(
  context: CommandContext,
  client: Client,
  planId: string,
): Promise<ExitCode> {
  const { terminal, host } = context;
  for (;;) {
    const stillNeedsPerson = createLastingCheck(needsPerson, PERSON_NEEDED_MS, () => host.now());
    const until = (state: PlanSnapshot) =>
      isAtStandstill(state) || (!terminal.isInteractive && stillNeedsPerson(state));
    const end = await watchPlanUntil(context, client, planId, { until });
    if (end.wasInterrupted) return printPlanContinues(context, planId);
    const { state } = end;
    if (terminal.isJson) {
      terminal.printJson(state);
      return getExitCode(state);
    }
    if (state.plan.status === 'complete') printSummary(context, state);
    else await printPlan(context, client, state);
    if (state.plan.status !== 'pending_approval' || !terminal.isInteractive)
      return getExitCode(state);
    const decision = await askApproval(context, client, state);
    if (decision !== 'approved') return decision;
  }
}

/** Watches a plan until the plan has ended, for `status PLAN --watch`. */
export async function followPlanToEnd(
  context: CommandContext,
  client: Client,
  planId: string,
): Promise<ExitCode> {
  const { terminal } = context;
  const onStep: WatchOptions['onStep'] = ({ changes }) => {
    for (const change of changes) {
      const { before: _, ...line } = change;
      terminal.printJson(line, 'line');
    }
  };
  const jsonOutput = terminal.isJson ? { onStep } : {};
  const end = await watchPlanUntil(context, client, planId, { until: hasEnded, ...jsonOutput });
  if (end.wasInterrupted) return printPlanContinues(context, planId);
  if (!terminal.isJson) {
    if (end.state.plan.status === 'complete') printSummary(context, end.state);
    else await printPlan(context, client, end.state);
  }
  return getExitCode(end.state);
}

async function watchPlanUntil(
  context: CommandContext,
  client: Client,
  planId: string,
  options: Pick<WatchOptions, 'until' | 'onStep'>,
): Promise<WatchEnd> {
  const { host, terminal } = context;
  const abort = new AbortController();
  const removeHandler = host.onInterrupt(() => abort.abort());
  const silentOutput = terminal.isJson ? { onStep: () => {} } : {};
  try {
    return await watchPlan(client, planId, {
      out: host.stdout,
      isTTY: host.stdout.isTTY === true && host.env.TERM !== 'dumb',
      colour: terminal.hasColour,
      signal: abort.signal,
      now: () => host.now(),
      ...silentOutput,
      ...options,
    });
  } finally {
    removeHandler();
  }
}

function printPlanContinues(context: CommandContext, planId: string): ExitCode {
  context.terminal.printNotes([
    ['The plan continues. Watch it again with:'],
    ['  ', styleSpan('bold', `smol-gang status ${planId} --watch`)],
  ]);
  return EXIT.interrupted;
}

async function askApproval(
  context: CommandContext,
  client: Client,
  state: PlanSnapshot,
): Promise<'approved' | ExitCode> {
  const { terminal } = context;
  const { id, revision } = state.plan;
  const answer = await terminal.ask(
    `\nApprove revision ${revision} and start? [y]es, [n]ot now, [r]eject: `,
  );
  const params = { plan: id };
  if (/^y(es)?$/i.test(answer.trim())) {
    await client.call(API.approvePlan, { params, body: { revision } });
    return 'approved';
  }
  if (/^r(eject)?$/i.test(answer.trim())) {
    await client.call(API.rejectPlan, { params, body: {} });
    terminal.printLines([[`Plan ${id} is rejected.`]]);
    return EXIT.failed;
  }
  terminal.printLines([
    [`The plan still waits for approval. Approve it with: smol-gang plan approve ${id}`],
  ]);
  return EXIT.waiting;
}
