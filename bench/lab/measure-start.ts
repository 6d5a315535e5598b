import type { PushedFrame } from '../../test/support/cloud/cloud-stage.ts';
import type { LambdaProcess } from '../../test/support/cloud/lambda-process.ts';
import type { EventSpec } from './function-event.ts';
import { renderAnswer } from './render-answer.ts';

/** Times of a new process in milliseconds. */
export type StartTimes = {
  /** From the start of the process to the answer to its first event. */
  readonly coldMs: number;
  /** From the second event to its answer. */
  readonly nextMs: number;
};

type StartedFunction = { readonly process: LambdaProcess; close(): Promise<void> };

/**
 * Starts a function and measures its first two events. Throws for an unexpected answer, because a failing function would seem
 * fast. `frames` holds all frames that the function pushes.
 */
export async function measureStart(
  spec: EventSpec,
  start: () => Promise<StartedFunction>,
  frames: readonly PushedFrame[],
): Promise<StartTimes> {
  const [firstEvent, secondEvent] = [await spec.createEvent(), await spec.createEvent()];
  const started = await start();
  const { process } = started;
  const invokeAndMeasure = async (input: object, startedAt: number): Promise<number> => {
    const frameCount = frames.length;
    const answer = await process.invoke(input);
    const ms = performance.now() - startedAt;
    requireAnswer(spec, answer, frames.slice(frameCount), process);
    return ms;
  };
  try {
    const coldMs = await invokeAndMeasure(firstEvent, process.startedAt);
    return { coldMs, nextMs: await invokeAndMeasure(secondEvent, performance.now()) };
  } finally {
    await started.close();
  }
}

/** Log levels that make an answer invalid. A function that drops a message answers as usual and only logs a warning. */
const WARNING_OR_ERROR = /"level":"(warn|error)"/;

function requireAnswer(
  { expected }: EventSpec,
  answer: unknown,
  pushed: readonly PushedFrame[],
  process: LambdaProcess,
): void {
  const text = renderAnswer(answer, pushed);
  if (text === expected && !WARNING_OR_ERROR.test(process.output)) return;
  const details = `${JSON.stringify(answer)}\n${process.output}`;
  throw new Error(`expected the answer "${expected}", but received "${text}": ${details}`);
}
