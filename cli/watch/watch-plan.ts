import type { Client } from '../client/client.ts';
import type { OutputStream } from '../host.ts';
import { renderLines } from '../render/layout/line.ts';
import { renderPlan } from '../render/render-plan.ts';
import type { FollowOptions, PlanSnapshot, ProgressStep } from './follow-plan.ts';
import { followPlan, readPlanSnapshot } from './follow-plan.ts';
import { openLiveScreen } from './live-screen.ts';
import { hasEnded } from './plan-outcome.ts';
import { renderChange } from './render-change.ts';

/** Options of `watchPlan`. */
export type WatchOptions = {
  readonly out: OutputStream;
  /** True redraws the view in place; false writes a line for each change. */
  readonly isTTY: boolean;
  /** Default: with colours in place, without colours in lines. */
  readonly colour?: boolean;
  /** Ends the watch when it returns true; default: when the plan has ended. */
  readonly until?: (state: PlanSnapshot) => boolean;
  /** Aborting ends the watch, not the plan. */
  readonly signal?: AbortSignal;
  /** Receives every step and replaces the output. */
  readonly onStep?: (step: ProgressStep) => void;
  /** Leaves the last frame on the screen. Default: erased, because the caller prints a final view. */
  readonly keepFrame?: boolean;
  /** Epoch milliseconds; default: the system clock. */
  readonly now?: () => number;
  readonly pauseMs?: FollowOptions['pauseMs'];
};

/** The last state of the plan; `wasInterrupted` is true if the signal ended the watch. */
export type WatchEnd = { readonly state: PlanSnapshot; readonly wasInterrupted: boolean };

const FRAME_INTERVAL_MS = 120;

/** Shows a plan live until `until` returns true. Then reads the plan once more and returns its state. */
export async function watchPlan(
  client: Client,
  planId: string,
  options: WatchOptions,
): Promise<WatchEnd> {
  const view = openWatchView(options);
  const until = options.until ?? hasEnded;
  let lastState: PlanSnapshot | undefined;
  try {
    for await (const step of followPlan(client, planId, options)) {
      lastState = step.state;
      view.show(step);
      if (until(step.state)) break;
    }
    return { state: await readPlanSnapshot(client, planId), wasInterrupted: false };
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    return { state: lastState ?? (await readPlanSnapshot(client, planId)), wasInterrupted: true };
  } finally {
    view.close();
  }
}

type WatchView = { show(step: ProgressStep): void; close(): void };

function openWatchView(options: WatchOptions): WatchView {
  if (options.onStep !== undefined) return { show: options.onStep, close() {} };
  return options.isTTY ? openLiveView(options) : openLogView(options);
}

function openLogView(options: WatchOptions): WatchView {
  const now = options.now ?? Date.now;
  const format = { colour: options.colour === true };
  const printedKeys = new Set<string>();
  return {
    show(step) {
      const lines = step.changes.flatMap((change) => renderChange(change, now(), printedKeys));
      for (const text of renderLines(lines, format)) options.out.write(`${text}\n`);
    },
    close() {},
  };
}

function openLiveView(options: WatchOptions): WatchView {
  const now = options.now ?? Date.now;
  const screen = openLiveScreen(options.out, options.colour ?? true);
  let state: PlanSnapshot | undefined;
  let tick = 0;

  function draw(): void {
    if (state === undefined) return;
    const width = Math.min(100, screen.columns - 1);
    const view = { now: now(), width, tick: Math.floor(tick / 2) };
    // The tasks get the rows that the other sections leave free; rendering without tasks counts those sections.
    const otherRowCount = renderPlan(state.plan, state.tasks, { ...view, maxTaskRows: 0 }).length;
    const maxTaskRows = Math.max(4, screen.rows - otherRowCount);
    const lines = renderPlan(state.plan, state.tasks, { ...view, maxTaskRows });
    screen.draw(lines);
    tick += 1;
  }

  const timer = setInterval(draw, FRAME_INTERVAL_MS);
  return {
    show(step) {
      state = step.state;
      draw();
    },
    close() {
      clearInterval(timer);
      screen.close({ keepFrame: options.keepFrame === true });
    },
  };
}
