import { API } from '../../../core/contract/api.ts';
import type { ExitCode } from '../../cli-error.ts';
import { EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { usesColour } from '../../terminal.ts';
import type { PlanSnapshot } from '../../watch/follow-plan.ts';
import {
  createLastingCheck,
  getExitCode,
  hasEnded,
  hasStopped,
  needsPerson,
} from '../../watch/plan-outcome.ts';
import type { WatchEnd, WatchOptions } from '../../watch/watch-plan.ts';
import { watchPlan } from '../../watch/watch-plan.ts';
import { printPlan, printSummary } from './print-plan.ts';

/** How long nothing may move before "it needs a person" is believed. */
const SETTLE_MS = 5_000;

/**
 * Watches a plan until it ends or needs a person. A person at the terminal is asked for the approval, and the watch goes
 * on; questions of agents and reviews are shown with their command and keep it going too.
 */
export async function waitForPlan(
  context: CommandContext,
  client: Client,
  planId: string,
): Promise<ExitCode> {
  const { terminal, host } = context;
  for (;;) {
    const mustAct = createLastingCheck(needsPerson, SETTLE_MS, () => host.now());
    const until = (state: PlanSnapshot) =>
      hasStopped(state) || (!terminal.isInteractive && mustAct(state));
    const end = await watchPlanUntil(context, client, planId, { until });
    if (end.interrupted) return printPlanContinues(context, planId);
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

/** `status PLAN --watch`: until the plan has ended, whatever it waits for meanwhile. */
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
  const more = terminal.isJson ? { onStep } : {};
  const end = await watchPlanUntil(context, client, planId, { until: hasEnded, ...more });
  if (end.interrupted) return printPlanContinues(context, planId);
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
  more: Pick<WatchOptions, 'until' | 'onStep'>,
): Promise<WatchEnd> {
  const { host, terminal } = context;
  const abort = new AbortController();
  const release = host.onInterrupt(() => abort.abort());
  const silent = terminal.isJson ? { onStep: () => {} } : {};
  try {
    return await watchPlan(client, planId, {
      out: host.stdout,
      isTTY: host.stdout.isTTY === true && host.env.TERM !== 'dumb',
      colour: usesColour(host, host.stdout),
      signal: abort.signal,
      now: () => host.now(),
      ...silent,
      ...more,
    });
  } finally {
    release();
  }
}

function printPlanContinues(context: CommandContext, planId: string): ExitCode {
  context.terminal.printNotes([
    ['The plan goes on without you. Come back to it with:'],
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
    terminal.printLines([['Rejected.']]);
    return EXIT.failed;
  }
  terminal.printLines([['Left as it is.']]);
  return EXIT.waiting;
}
