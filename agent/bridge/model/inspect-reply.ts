import { classifyFault } from '../../../core/chat/classify-fault.ts';
import { judgeReply } from '../../../core/chat/judge-reply.ts';
import { ReplyBuilder } from '../../../core/chat/reply-builder.ts';
import { computeParkEnd } from './judge-provider-reply.ts';

/** Failed request that consumes tokens. */
export type ModelFailure = {
  readonly reason: string;
  /** Time until which the task should wait, epoch milliseconds; undefined if the request of the agent is faulty. */
  readonly parkedUntil: number | undefined;
};

/**
 * Inspects a reply of chat/completions that has a success status, because some agents treat a reply that broke off, or an error in a
 * reply, as the end of their turn.
 */
export class ReplyInspector {
  readonly #builder = new ReplyBuilder();

  /** Reads the next part of the reply. */
  write(text: string): void {
    this.#builder.write(text);
  }

  /** Returns the failure that the whole reply shows; undefined for an answer, also for an empty answer. */
  findFailure(now: number): ModelFailure | undefined {
    this.#builder.finish();
    const verdict = judgeReply(this.#builder.build());
    if (verdict.kind === 'incomplete')
      return { reason: verdict.reason, parkedUntil: computeParkEnd('busy', undefined, now) };
    if (verdict.kind !== 'failed') return undefined;
    const problem = classifyFault(verdict.fault);
    const parkedUntil = problem === 'request' ? undefined : computeParkEnd(problem, undefined, now);
    return { reason: verdict.fault.message.slice(0, 300), parkedUntil };
  }
}
