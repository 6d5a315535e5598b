// Types of the tolerant reader for replies of chat/completions endpoints. Flow: body -> BodyReader -> readPart -> ReplyBuilder
// -> judgeReply.

/** Reason for the end of a reply, in one vocabulary for all endpoints; `other` is an unknown reason. */
export type FinishReason = 'stop' | 'calls' | 'length' | 'filter' | 'error' | 'other';

/** Token counts from the endpoint; a count is undefined if the endpoint does not report the count. */
export type ReplyUsage = {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
};

/** Error that an endpoint reports in a body, usually in a response with status 200. */
export type ReportedFault = {
  /** HTTP status that the error stands for; undefined if the body contains no status. */
  readonly status: number | undefined;
  /** Codes and types of the error, joined by spaces; empty if there is none. */
  readonly code: string;
  readonly message: string;
};

/** Tool call of a model. */
export type ReplyCall = {
  /** Id from the endpoint; empty if the endpoint sent none, or if an earlier call of the reply has the same id. */
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, unless the model wrote invalid JSON or the reply was cut off. */
  readonly arguments: string;
};

/** Piece of a tool call, as found in one event of a stream. */
export type CallPart = Omit<ReplyCall, 'arguments'> & {
  /** Number of the call in the reply. Endpoints omit the number, repeat 0, or count other content too. */
  readonly index: number | undefined;
  readonly arguments: string;
};

/** Content of one event of a stream, or of a whole body. */
export type ReplyPart = {
  /** Whether the value has a known shape. */
  readonly isKnown: boolean;
  /** Whether the content is the whole message so far. Otherwise the content continues the earlier parts. */
  readonly isWhole: boolean;
  /** Whether the endpoint marks the end of the reply. */
  readonly isEnd: boolean;
  readonly text: string;
  readonly thoughts: string;
  readonly refusal: string;
  readonly calls: readonly CallPart[];
  readonly finish: FinishReason | undefined;
  readonly usage: ReplyUsage | undefined;
  readonly fault: ReportedFault | undefined;
};

/** Everything that an endpoint sent for one request. */
export type ChatReply = {
  readonly text: string;
  readonly thoughts: string;
  readonly refusal: string;
  readonly calls: readonly ReplyCall[];
  readonly finish: FinishReason | undefined;
  /** Whether the reply has an explicit end, such as `[DONE]` or the end of a whole JSON body. */
  readonly isEnded: boolean;
  readonly usage: ReplyUsage;
  readonly fault: ReportedFault | undefined;
  /** Whether any part of the body has a known shape. */
  readonly isKnown: boolean;
  /** Beginning of the first part of the body that is not JSON; empty if there is none. */
  readonly unreadable: string;
};
