import type { PushedFrame } from '../../test/support/cloud/cloud-stage.ts';
import type { LambdaProcess } from '../../test/support/cloud/lambda-process.ts';
import type { FunctionEvent } from './function-event.ts';
import { renderAnswer } from './render-answer.ts';

/** Milliseconds: from the start of the process to the answer of its first event, and of its second alone. */
export type StartTimes = { readonly cold: number; readonly next: number };

type StartedFunction = { readonly process: LambdaProcess; close(): Promise<void> };

/** A start that fails is fast: throws when anything else is answered than what is expected. `frames`: all that were pushed. */
export async function measureStart(
  event: FunctionEvent,
  start: () => Promise<StartedFunction>,
  frames: readonly PushedFrame[],
): Promise<StartTimes> {
  const [first, second] = [await event.make(), await event.make()];
  const started = await start();
  const { process } = started;
  const asked = async (input: object, began: number): Promise<number> => {
    const before = frames.length;
    const answer = await process.invoke(input);
    const ms = performance.now() - began;
    requireAnswer(event, answer, frames.slice(before), process);
    return ms;
  };
  try {
    const cold = await asked(first, process.startedAt);
    return { cold, next: await asked(second, performance.now()) };
  } finally {
    await started.close();
  }
}

/** A message that is dropped is not given back either, but warned of. */
const WARNING_OR_ERROR = /"level":"(warn|error)"/;

function requireAnswer(
  { expected }: FunctionEvent,
  answer: unknown,
  pushed: readonly PushedFrame[],
  process: LambdaProcess,
): void {
  const text = renderAnswer(answer, pushed);
  if (text === expected && !WARNING_OR_ERROR.test(process.output)) return;
  const said = `${JSON.stringify(answer)}\n${process.output}`;
  throw new Error(`expected "${expected}", was answered "${text}": ${said}`);
}
