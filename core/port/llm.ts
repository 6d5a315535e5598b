/** Message of a conversation with a model. */
export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};

/** Answer of a model. */
export type Completion = {
  readonly text: string;
  /** True if the text is incomplete because the model reached its output limit. */
  readonly truncated: boolean;
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
};

/** Interface to the language model of the planner. */
export interface Llm {
  /**
   * Asks the model for an answer. The text of the answer is never empty.
   *
   * @throws AppError `paused` (rate limit, quota or 5xx; with `until`), `auth` (wrong key), `invalid` with code
   * `context_too_small` (prompt too long for the model), `transient` with code `model_empty_answer` (no text; `details` has
   * `model`, `usage` and `truncated`) or any other `transient` (network fault, timeout)
   */
  complete(request: {
    readonly messages: ChatMessage[];
    /** JSON schema of the answer. An adapter requests any JSON object, or else plain text, if the endpoint supports no schema. */
    readonly schema?: { readonly name: string; readonly schema: Record<string, unknown> };
    readonly tier: 'heavy' | 'light';
    readonly maxOutputTokens: number;
  }): Promise<Completion>;
}

/** Deliberately low: prose, code and JSON usually have more characters per token. */
const CHARS_PER_TOKEN = 3.5;

/** Estimates the tokens of a text, for budgets. `Completion.usage` has the endpoint's own count. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}
