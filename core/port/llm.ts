// A language model as the planner sees it. Throws AppError: `paused` (429, quota, 5xx; with `until`), `auth` (wrong key),
// `invalid` with code `context_too_small`, `transient`. Never returns an empty answer as success.

export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};

export type Completion = {
  readonly text: string;
  /** The model stopped because it ran out of room: the text is cut off. */
  readonly truncated: boolean;
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
};

export interface Llm {
  complete(request: {
    readonly messages: ChatMessage[];
    /** JSON schema of the answer; the client falls back from json_schema to json_object to plain text. */
    readonly schema?: { readonly name: string; readonly schema: Record<string, unknown> };
    readonly tier: 'heavy' | 'light';
    readonly maxOutputTokens: number;
  }): Promise<Completion>;
}

/** Text is rarely denser than this, code and JSON included: an estimate on the safe side. */
const CHARS_PER_TOKEN = 3.5;

/** For budgets only; what an endpoint counts is in `Completion.usage`. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}
