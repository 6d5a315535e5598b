import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createChainDag } from '../../bench/lab/dag.ts';
import { createLab } from '../../bench/lab/lab.ts';
import type { LabTime } from '../../bench/lab/lab-time.ts';
import { createVirtualTime } from '../../bench/lab/lab-time.ts';
import { createMemoryTable } from '../support/store/memory-table.ts';

// `npm run measure:path` lists the files whose functions run between the result of a task and the request for the pod of the next task.
// Code that runs when a file is imported does not count.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COUNTED_FILES = /^(?:core|functions|adapters)\/(?!.*\.test\.ts$)/;
const PLAN = 'p0123456789';
/** Parts of the attempt ids of the third and fourth task of a chain. The first and last task would cause additional work. */
const [FINISHING_ATTEMPT, NEXT_ATTEMPT] = ['.n2.', '.n3.'];
/** Latency of the launcher. No other delay in the lab has this length, so a delay of this length identifies a call of the launcher. */
const LAUNCHER_MS = 7;
const RUN_TIMEOUT_MS = 3_600_000;

/** Coverage of a file as V8 reports it. */
type FileCoverage = { readonly url: string; readonly functions: readonly CalledFunction[] };
type CalledFunction = {
  readonly functionName: string;
  readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
};

const files = listCalledFiles(await recordHandOff());
for (const file of files) console.log(file);
console.log(`\n${files.length} files run between the result of a task and the next pod request`);

/** Runs a plan with the table in memory; returns the functions called between the result of a task and the pod request of the next. */
async function recordHandOff(): Promise<readonly FileCoverage[]> {
  const clock = createVirtualTime();
  const calls = startCallCounter();
  let isHandingOff = false;
  const coverageSoFar: FileCoverage[] = [];
  let recorded: readonly FileCoverage[] | undefined;
  const time: LabTime = {
    ...clock,
    runAfter: (ms, callback) => {
      if (isHandingOff && ms === LAUNCHER_MS) coverageSoFar.push(...calls.take());
      clock.runAfter(ms, callback);
    },
  };
  const lab = createLab({
    time,
    table: createMemoryTable(),
    slots: 8,
    latency: { launcher: LAUNCHER_MS },
    // Webhooks would call functions that the hand-off does not need.
    webhooks: false,
    work: async (attempt) => {
      if (!attempt.includes(FINISHING_ATTEMPT)) return;
      isHandingOff = true;
      calls.take();
    },
    onCall: ({ operation, subject }) => {
      if (operation === 'ensure' && subject.includes(NEXT_ATTEMPT)) recorded ??= [...coverageSoFar];
    },
  });
  const submitted = lab.submitPlan(PLAN, createChainDag(5));
  const isComplete = await time.runUntil(() => lab.completePlans.has(PLAN), RUN_TIMEOUT_MS);
  await submitted;
  if (!isComplete || recorded === undefined)
    throw (
      lab.failures[0] ??
      new Error(`the plan ended without a pod request for the attempt ${NEXT_ATTEMPT}`)
    );
  return recorded;
}

/** Starts to count function calls; `take` returns the counts since the last call of `take`. */
function startCallCounter(): { take(): readonly FileCoverage[] } {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  return {
    take: () => {
      let taken: readonly FileCoverage[] = [];
      // A session that is connected to its own thread calls back before `post` returns.
      session.post('Profiler.takePreciseCoverage', (error, answer) => {
        if (error !== null) throw error;
        taken = answer.result;
      });
      return taken;
    },
  };
}

function listCalledFiles(coverage: readonly FileCoverage[]): string[] {
  const called = coverage
    .filter(({ url, functions }) => url.startsWith('file:') && functions.some(wasCalled))
    .map(({ url }) => relative(ROOT, fileURLToPath(url)))
    .filter((path) => COUNTED_FILES.test(path));
  return [...new Set(called)].toSorted();
}

/** Tells whether a function was called. V8 reports the code of a file itself as a nameless function at offset 0. */
function wasCalled({ functionName, ranges }: CalledFunction): boolean {
  return ranges.some(
    ({ startOffset, count }) => count > 0 && !(functionName === '' && startOffset === 0),
  );
}
