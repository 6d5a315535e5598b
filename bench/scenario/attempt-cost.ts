import { mock } from 'node:test';
import { Transcript } from '../../agent/bridge/control/transcript.ts';
import { parseAttemptId } from '../../core/contract/id.ts';
import { recordHeartbeat, recordTranscript } from '../../core/engine/attempt/attempt-callbacks.ts';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createChainDag } from '../lab/dag.ts';
import type { Lab } from '../lab/lab.ts';
import { createLab } from '../lab/lab.ts';
import type { LabTime } from '../lab/lab-time.ts';
import type { Tally } from '../lab/meter.ts';
import { addTally, Meter } from '../lab/meter.ts';
import type { Scenario } from '../scenario.ts';

// Measures the cost of an attempt that sends much output and regular heartbeats.

const PLAN = 'p0123456789';
const ATTEMPT_MINUTES = 30;
const CHUNK_COUNT = 20_000;
/** A chunk of output; a model streams a few tokens at a time. */
const CHUNK = 'and then reads the next of';
const HEARTBEAT_MS = 10_000;
const USAGE = { inputTokens: 40_000, outputTokens: 4_000, usd: 0.1, turns: 12 };

export const attemptCost: Scenario = {
  name: 'attempt-cost',
  description: `Capacity units of an attempt of ${ATTEMPT_MINUTES} minutes with ${CHUNK_COUNT} chunks of output`,
  measure: async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 5) });
    try {
      return createReport(await measureAttempt());
    } finally {
      mock.timers.reset();
    }
  },
};

async function measureAttempt(): Promise<Meter> {
  const meter = new Meter();
  const time = createTickingTime();
  const table = createMemoryTable();
  const lab = createLab({
    time,
    table,
    slots: 8,
    meter,
    webhooks: false,
    work: (attemptId) => simulateAttemptTraffic(lab, attemptId),
  });
  await lab.submitPlan(PLAN, createChainDag(1));
  const hasEnded = await time.runUntil(
    () => lab.completePlans.has(PLAN) || lab.failures.length > 0,
    5 * 3_600_000,
  );
  if (!hasEnded) throw new Error('the plan did not complete within 5 hours');
  if (lab.failures.length > 0) throw lab.failures[0];
  return meter;
}

/** Creates a mocked clock that advances by a millisecond at a time while `runUntil` runs. */
function createTickingTime(): LabTime {
  return {
    now: () => Date.now(),
    readTimestamp: () => Date.now(),
    runAfter: (ms, action) => void setTimeout(action, ms),
    runUntil: async (isDone, limitMs) => {
      const deadline = Date.now() + limitMs;
      while (!isDone() && Date.now() < deadline) {
        mock.timers.tick(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return isDone();
    },
  };
}

async function simulateAttemptTraffic(lab: Lab, attemptId: string): Promise<void> {
  const attempt = parseAttemptId(attemptId);
  // The attempt of the end node only runs the verify commands and sends no output.
  if (attempt === undefined || attempt.task === 'end') return;
  // Uses the mocked setTimeout, because node:timers/promises would wait in real time.
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const transcript = new Transcript(
    (chunk) => recordTranscript(lab.createDeps('transcript'), attempt, chunk),
    (text) => text,
    () => Date.now(),
  );
  const chunkIntervalMs = (ATTEMPT_MINUTES * 60_000) / CHUNK_COUNT;
  let nextHeartbeatAt = 0;
  for (let count = 0; count < CHUNK_COUNT; count += 1) {
    transcript.appendText('agent', CHUNK);
    await pause(chunkIntervalMs);
    if (Date.now() < nextHeartbeatAt) continue;
    nextHeartbeatAt = Date.now() + HEARTBEAT_MS;
    await recordHeartbeat(lab.createDeps('heartbeat'), attempt, {
      phase: 'agent',
      activity: 'reads src/parser.ts',
      usage: USAGE,
      progressAt: Date.now(),
      messagesSeen: 0,
    });
  }
  await transcript.flush();
}

function createReport(meter: Meter) {
  const transcript = meter.getTally('transcript');
  const heartbeats = meter.getTally('heartbeat');
  const otherCalls = meter.getTally('attempt');
  const parts: [string, Tally][] = [
    ['transcript', transcript],
    ['heartbeats', heartbeats],
    ['start, credentials, result', otherCalls],
  ];
  const total: Tally = { requests: 0, readUnits: 0, writeUnits: 0, sends: 0, messages: 0 };
  for (const [, tally] of parts) addTally(total, tally);
  // Each write of a transcript entry follows a read of the task.
  const transcriptWrites = transcript.requests / 2;
  const table = {
    title: `An attempt of ${ATTEMPT_MINUTES} minutes, ${CHUNK_COUNT} chunks of ${CHUNK.length} characters`,
    head: ['part', 'RCU', 'WCU', 'requests'],
    rows: [...parts, ['total', total] as const].map(([name, tally]) => [
      name,
      tally.readUnits,
      tally.writeUnits,
      tally.requests,
    ]),
    notes: [
      `${transcriptWrites} transcript writes. A heartbeat every ${HEARTBEAT_MS / 1_000} s.`,
      'The third row includes the calls of the attempt of the end node.',
    ],
  };
  return {
    tables: [table],
    figures: { transcriptWrites, parts: Object.fromEntries(parts), total },
  };
}
