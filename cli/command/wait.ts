import { API } from '../../core/contract/api.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { exitCodeOf, hasEnded, hasStopped, lasting, needsPerson } from '../plan-end.ts';
import type { PlanState } from '../progress.ts';
import { styled } from '../render/line.ts';
import { usesColour } from '../terminal.ts';
import type { WatchEnd, WatchOptions } from '../watch-plan.ts';
import { watchPlan } from '../watch-plan.ts';
import { printPlanState, printSummary } from './show-plan.ts';

/** How long nothing may move before "it needs a person" is believed. */
const SETTLE_MS = 5_000;

/**
 * Watches a plan until it ends or needs a person. A person at the terminal is asked for the approval, and the watch goes
 * on; questions of agents and reviews are shown with their command and keep it going too.
 */
export async function waitForPlan(
  context: Context,
  client: Client,
  planId: string,
): Promise<ExitCode> {
  const { terminal, host } = context;
  for (;;) {
    const mustAct = lasting(needsPerson, SETTLE_MS, () => host.now());
    const until = (state: PlanState) =>
      hasStopped(state) || (!terminal.interactive && mustAct(state));
    const end = await watchUntil(context, client, planId, { until });
    if (end.interrupted) return sayGoesOn(context, planId);
    const { state } = end;
    if (terminal.json) {
      terminal.printJson(state);
      return exitCodeOf(state);
    }
    if (state.plan.status === 'complete') printSummary(context, state);
    else await printPlanState(context, client, state);
    if (state.plan.status !== 'pending_approval' || !terminal.interactive) return exitCodeOf(state);
    const decision = await askApproval(context, client, state);
    if (decision !== 'approved') return decision;
  }
}

/** `status PLAN --watch`: until the plan has ended, whatever it waits for meanwhile. */
export async function followToEnd(
  context: Context,
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
  const more = terminal.json ? { onStep } : {};
  const end = await watchUntil(context, client, planId, { until: hasEnded, ...more });
  if (end.interrupted) return sayGoesOn(context, planId);
  if (!terminal.json) {
    if (end.state.plan.status === 'complete') printSummary(context, end.state);
    else await printPlanState(context, client, end.state);
  }
  return exitCodeOf(end.state);
}

async function watchUntil(
  context: Context,
  client: Client,
  planId: string,
  more: Pick<WatchOptions, 'until' | 'onStep'>,
): Promise<WatchEnd> {
  const { host, terminal } = context;
  const abort = new AbortController();
  const release = host.onInterrupt(() => abort.abort());
  const silent = terminal.json ? { onStep: () => {} } : {};
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

function sayGoesOn(context: Context, planId: string): ExitCode {
  context.terminal.note([
    ['The plan goes on without you. Come back to it with:'],
    ['  ', styled('bold', `smol-gang status ${planId} --watch`)],
  ]);
  return EXIT.interrupted;
}

async function askApproval(
  context: Context,
  client: Client,
  state: PlanState,
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
    terminal.print([['Rejected.']]);
    return EXIT.failed;
  }
  terminal.print([['Left as it is.']]);
  return EXIT.waiting;
}
