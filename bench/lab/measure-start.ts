import type { PushedFrame } from '../../test/support/cloud/cloud-stage.ts';
import type { LambdaProcess } from '../../test/support/cloud/lambda-process.ts';
import type { FunctionEvent } from './function-event.ts';
import { renderAnswer } from './render-answer.ts';

/** Milliseconds: `cold` from the start of the process to the answer to its first event, `next` for its second event. */
export type StartTimes = { readonly cold: number; readonly next: number };

type StartedFunction = { readonly process: LambdaProcess; close(): Promise<void> };

/** Measures a start. Throws for an unexpected answer, because a failing function is fast. `frames`: all pushed frames. */
export async function measureStart(
  event: FunctionEvent,
  start: () => Promise<StartedFunction>,
  frames: readonly PushedFrame[],
): Promise<StartTimes> {
  const [first, second] = [await event.make(), await event.make()];
  const started = await start();
  const { process } = started;
  const invokeAndMeasure = async (input: object, startedAt: number): Promise<number> => {
    const frameCount = frames.length;
    const answer = await process.invoke(input);
    const ms = performance.now() - startedAt;
    requireAnswer(event, answer, frames.slice(frameCount), process);
    return ms;
  };
  try {
    const cold = await invokeAndMeasure(first, process.startedAt);
    return { cold, next: await invokeAndMeasure(second, performance.now()) };
  } finally {
    await started.close();
  }
}

/** A dropped message does not appear as a failure in the answer, but causes a warning in the log. */
const WARNING_OR_ERROR = /"level":"(warn|error)"/;

function requireAnswer(
  { expected }: FunctionEvent,
  answer: unknown,
  pushed: readonly PushedFrame[],
  process: LambdaProcess,
): void {
  const text = renderAnswer(answer, pushed);
  if (text === expected && !WARNING_OR_ERROR.test(process.output)) return;
  const details = `${JSON.stringify(answer)}\n${process.output}`;
  throw new Error(`expected the answer "${expected}", but received "${text}": ${details}`);
}
