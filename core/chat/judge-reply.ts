import { parseJson } from '../base/parse-json.ts';
import type { ChatReply, ReplyCall, ReportedFault } from './chat-reply.ts';
import type { OfferedTool } from './read-text-calls.ts';
import { readTextCalls } from './read-text-calls.ts';
import { removeThoughts } from './thoughts.ts';

/** Value of a reply for the conversation. */
export type ReplyVerdict =
  /** The model has answered. */
  | {
      readonly kind: 'complete';
      readonly text: string;
      readonly calls: readonly ReplyCall[];
      /** Whether the answer reached the output limit. */
      readonly isTruncated: boolean;
    }
  /** The reply ended too early; the same request may succeed. */
  | { readonly kind: 'incomplete'; readonly reason: string }
  /** The model wrote nothing that counts as an answer; the same request may succeed. */
  | { readonly kind: 'empty'; readonly reason: string; readonly isTruncated: boolean }
  /** The model or a content filter refuses to answer. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The endpoint reports an error. */
  | { readonly kind: 'failed'; readonly fault: ReportedFault }
  /** The body has no known shape; `isWebPage` hints at a wrong address. */
  | { readonly kind: 'unknown'; readonly isWebPage: boolean };

/**
 * Judges a reply.
 *
 * @param tools offered tools; a call of one of these tools in the text counts as a call
 */
export function judgeReply(reply: ChatReply, tools: readonly OfferedTool[] = []): ReplyVerdict {
  const { finish, fault, refusal } = reply;
  const hasFinished = finish === 'stop' || finish === 'calls';
  const hasContent = reply.calls.length > 0 || removeThoughts(reply.text).trim() !== '';
  // Some endpoints report an error after the end of a complete answer.
  if (fault !== undefined && !(hasFinished && hasContent)) return { kind: 'failed', fault };
  if (!reply.isKnown)
    return { kind: 'unknown', isWebPage: /^\s*<(!doctype|html|head|body)/i.test(reply.unreadable) };
  if (finish === 'error')
    return { kind: 'incomplete', reason: 'the endpoint ended the answer because of an error' };
  if (finish === 'filter') {
    return { kind: 'refused', reason: refusal || 'a content filter stopped the answer' };
  }
  if (!hasContent) return judgeEmptyReply(reply);
  if (reply.unreadable.trimStart().startsWith('{')) {
    return { kind: 'incomplete', reason: 'a part of the answer is not valid JSON' };
  }
  return judgeContent(reply, tools);
}

function judgeEmptyReply({ finish, refusal, thoughts, text, isEnded }: ChatReply): ReplyVerdict {
  if (refusal !== '') return { kind: 'refused', reason: refusal };
  if (finish === 'length') {
    const reason = 'the output limit was reached before the first word of the answer';
    return { kind: 'empty', reason, isTruncated: true };
  }
  if (finish === undefined && !isEnded)
    return { kind: 'incomplete', reason: 'the answer ended before its first word' };
  const hasThoughts = thoughts.trim() !== '' || text.trim() !== '';
  const reason = hasThoughts ? 'the answer consists of reasoning only' : 'the answer is empty';
  return { kind: 'empty', reason, isTruncated: false };
}

function judgeContent(reply: ChatReply, tools: readonly OfferedTool[]): ReplyVerdict {
  const { finish, isEnded } = reply;
  const isTruncated = finish === 'length';
  const mayHoldCalls = reply.calls.length === 0 && tools.length > 0;
  const written = mayHoldCalls ? readTextCalls(reply.text, tools) : undefined;
  if (written?.isCutOff)
    return { kind: 'incomplete', reason: 'the answer ends within a tool call' };
  const text = written?.text ?? reply.text;
  const calls = written?.calls ?? reply.calls;
  if (calls.some(({ name }) => name === ''))
    return { kind: 'incomplete', reason: 'a tool call of the answer has no name' };
  const hasProvenEnd =
    finish !== undefined || (calls.length > 0 ? calls.every(isComplete) : isEnded);
  if (!hasProvenEnd) return { kind: 'incomplete', reason: 'the answer broke off' };
  return { kind: 'complete', text, calls, isTruncated };
}

function isComplete(call: ReplyCall): boolean {
  return parseJson(call.arguments) !== undefined;
}
