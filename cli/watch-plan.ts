import type { Client } from './client.ts';
import type { Screen } from './host.ts';
import { openLiveScreen } from './live-screen.ts';
import { hasEnded } from './plan-end.ts';
import type { PlanState, ProgressOptions, ProgressStep } from './progress.ts';
import { followPlan, readPlanState } from './progress.ts';
import { changeLines } from './render/change-line.ts';
import { renderLines } from './render/line.ts';
import { renderPlan } from './render/plan-view.ts';

export type WatchOptions = {
  readonly out: Screen;
  /** Redraws in place; otherwise a line per change is written. */
  readonly isTTY: boolean;
  readonly colour?: boolean;
  /** When to stop; default: when the plan has ended. */
  readonly until?: (state: PlanState) => boolean;
  /** Aborting ends the watch, not the plan. */
  readonly signal?: AbortSignal;
  /** Instead of the views: told of every step. */
  readonly onStep?: (step: ProgressStep) => void;
  /** Leaves the last frame on the screen; default: erased, for the caller prints a last view of its own. */
  readonly keepFrame?: boolean;
  readonly now?: () => number;
  readonly pauseMs?: ProgressOptions['pauseMs'];
};

export type WatchEnd = { readonly state: PlanState; readonly interrupted: boolean };

const FRAME_MS = 120;

/** Shows a plan live until `until` says so; answers its state, read once more at the end. */
export async function watchPlan(
  client: Client,
  planId: string,
  options: WatchOptions,
): Promise<WatchEnd> {
  const view = openView(options);
  const until = options.until ?? hasEnded;
  let last: PlanState | undefined;
  try {
    for await (const step of followPlan(client, planId, options)) {
      last = step.state;
      view.show(step);
      if (until(step.state)) break;
    }
    return { state: await readPlanState(client, planId), interrupted: false };
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    return { state: last ?? (await readPlanState(client, planId)), interrupted: true };
  } finally {
    view.close();
  }
}

type View = { show(step: ProgressStep): void; close(): void };

function openView(options: WatchOptions): View {
  if (options.onStep !== undefined) return { show: options.onStep, close() {} };
  return options.isTTY ? openLiveView(options) : openLog(options);
}

function openLog(options: WatchOptions): View {
  const now = options.now ?? Date.now;
  const paper = { colour: options.colour === true };
  const told = new Set<string>();
  return {
    show(step) {
      const lines = step.changes.flatMap((change) => changeLines(change, now(), told));
      for (const text of renderLines(lines, paper)) options.out.write(`${text}\n`);
    },
    close() {},
  };
}

function openLiveView(options: WatchOptions): View {
  const now = options.now ?? Date.now;
  const screen = openLiveScreen(options.out, options.colour ?? true);
  let state: PlanState | undefined;
  let tick = 0;

  function draw(): void {
    if (state === undefined) return;
    const width = Math.min(100, screen.columns - 1);
    const view = { now: now(), width, tick: Math.floor(tick / 2) };
    // What stands around the tasks is known only once it is drawn; the tasks get the rest.
    const around = renderPlan(state.plan, state.tasks, { ...view, maxTaskRows: 0 }).length;
    const maxTaskRows = Math.max(4, screen.rows - around);
    const lines = renderPlan(state.plan, state.tasks, { ...view, maxTaskRows });
    screen.draw(lines);
    tick += 1;
  }

  const timer = setInterval(draw, FRAME_MS);
  return {
    show(step) {
      state = step.state;
      draw();
    },
    close() {
      clearInterval(timer);
      screen.close(options.keepFrame === true ? 'keep' : 'erase');
    },
  };
}
