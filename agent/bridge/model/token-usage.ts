import { z } from 'zod';
import { parseJson } from '../../../core/base/parse-json.ts';
import type { Usage } from '../../../core/contract/task.ts';

// Reads token counts from complete and streamed replies of the model APIs chat/completions, responses and messages.

/** USD per million tokens; null if the price is unknown. */
export type Price = { readonly input: number; readonly output: number } | null;

/** Input and output tokens of one request. */
export type TokenCounts = { readonly input: number; readonly output: number };

const MAX_LINE_CHARS = 4 * 1024 * 1024;

const countSchema = z.number().nonnegative().nullish();
const usageFieldsSchema = z.object({
  prompt_tokens: countSchema,
  completion_tokens: countSchema,
  input_tokens: countSchema,
  output_tokens: countSchema,
  cache_creation_input_tokens: countSchema,
  cache_read_input_tokens: countSchema,
});
/** Places of the token counts in the replies and events of the APIs. */
const usageCarrierSchema = z.object({
  usage: usageFieldsSchema.nullish().catch(undefined),
  response: z.object({ usage: usageFieldsSchema.nullish() }).nullish().catch(undefined),
  message: z.object({ usage: usageFieldsSchema.nullish() }).nullish().catch(undefined),
});

/** Reads the counts of one JSON reply or one streamed event. Returns undefined if the data contains no counts. */
export function readTokenCounts(data: unknown): Partial<TokenCounts> | undefined {
  const parsed = usageCarrierSchema.safeParse(data);
  if (!parsed.success) return undefined;
  const usage = parsed.data.usage ?? parsed.data.response?.usage ?? parsed.data.message?.usage;
  if (!usage) return undefined;
  const input = usage.prompt_tokens ?? usage.input_tokens;
  const output = usage.completion_tokens ?? usage.output_tokens;
  // The messages API does not include cached tokens in `input_tokens`.
  const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  return {
    ...(input == null ? {} : { input: input + cached }),
    ...(output == null ? {} : { output }),
  };
}

/** Reads token counts from a stream of server-sent events. Newer counts replace older counts. */
export class UsageStreamReader {
  #unfinishedLine = '';
  readonly #counts: Partial<TokenCounts> = {};
  /** Number of events so far. Serves as an estimate of the output tokens. */
  eventCount = 0;

  /** Reads the next part of the stream. */
  write(text: string): void {
    const lines = (this.#unfinishedLine + text).split('\n');
    this.#unfinishedLine = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
    // An endless line must not use up the memory.
    if (this.#unfinishedLine.length > MAX_LINE_CHARS) this.#unfinishedLine = '';
  }

  /** Returns the counts at the end of the stream. */
  finish(): Partial<TokenCounts> {
    this.#readLine(this.#unfinishedLine);
    this.#unfinishedLine = '';
    return this.#counts;
  }

  #readLine(line: string): void {
    if (!line.startsWith('data:')) return;
    this.eventCount += 1;
    // Most events carry no counts and need no parsing.
    if (!line.includes('usage')) return;
    Object.assign(this.#counts, readTokenCounts(parseJson(line.slice('data:'.length))));
  }
}

/** Estimates the tokens of a text, for an endpoint that reports no counts. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Sums up the tokens and the cost of one attempt. */
export class UsageMeter {
  readonly #price: Price;
  #inputTokens = 0;
  #outputTokens = 0;
  /** Number of model requests, which `Usage` calls turns. */
  #requestCount = 0;

  constructor(price: Price) {
    this.#price = price;
  }

  /** Adds the tokens of one model request. */
  addTokens(tokens: TokenCounts): void {
    this.#inputTokens += Math.round(tokens.input);
    this.#outputTokens += Math.round(tokens.output);
    this.#requestCount += 1;
  }

  getUsage(): Usage {
    return {
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      usd: this.#price === null ? null : this.#computeCost(this.#price),
      turns: this.#requestCount,
    };
  }

  #computeCost(price: { readonly input: number; readonly output: number }): number {
    const usd = (this.#inputTokens * price.input + this.#outputTokens * price.output) / 1_000_000;
    return Math.round(usd * 1e6) / 1e6;
  }
}
