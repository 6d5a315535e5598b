import { z } from 'zod';
import type { Usage } from '../../../core/contract/task.ts';

// Reads token counts out of what model APIs answer: chat/completions, responses and messages, plain or streamed.

export type Price = { readonly input: number; readonly output: number } | null;
export type TokenCounts = { readonly input: number; readonly output: number };

const countSchema = z.number().nonnegative().nullish();
const usageFieldsSchema = z.object({
  prompt_tokens: countSchema,
  completion_tokens: countSchema,
  input_tokens: countSchema,
  output_tokens: countSchema,
  cache_creation_input_tokens: countSchema,
  cache_read_input_tokens: countSchema,
});
const usageCarrierSchema = z.object({
  usage: usageFieldsSchema.nullish().catch(undefined),
  response: z.object({ usage: usageFieldsSchema.nullish() }).nullish().catch(undefined),
  message: z.object({ usage: usageFieldsSchema.nullish() }).nullish().catch(undefined),
});

/** The counts in one JSON answer or one streamed event. Undefined: it carries none. */
export function readTokenCounts(data: unknown): Partial<TokenCounts> | undefined {
  const parsed = usageCarrierSchema.safeParse(data);
  if (!parsed.success) return undefined;
  const found = parsed.data.usage ?? parsed.data.response?.usage ?? parsed.data.message?.usage;
  if (!found) return undefined;
  const input = found.prompt_tokens ?? found.input_tokens;
  const output = found.completion_tokens ?? found.output_tokens;
  const cached = (found.cache_creation_input_tokens ?? 0) + (found.cache_read_input_tokens ?? 0);
  return {
    ...(input == null ? {} : { input: input + cached }),
    ...(output == null ? {} : { output }),
  };
}

/** Follows a stream of server-sent events, keeping the newest counts. */
export class UsageStreamReader {
  #unfinishedLine = '';
  readonly #counts: Partial<TokenCounts> = {};
  /** Events so far: about a token each. */
  eventCount = 0;

  write(text: string): void {
    const lines = (this.#unfinishedLine + text).split('\n');
    this.#unfinishedLine = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
    // A line without an end is not an event.
    if (this.#unfinishedLine.length > 4 * 1024 * 1024) this.#unfinishedLine = '';
  }

  /** At the end of the stream. */
  finish(): Partial<TokenCounts> {
    this.#readLine(this.#unfinishedLine);
    this.#unfinishedLine = '';
    return this.#counts;
  }

  #readLine(line: string): void {
    if (!line.startsWith('data:')) return;
    this.eventCount += 1;
    // Only lines that can hold counts are worth parsing.
    if (!line.includes('usage')) return;
    try {
      Object.assign(this.#counts, readTokenCounts(JSON.parse(line.slice(5))));
    } catch {
      // Not JSON: nothing to count.
    }
  }
}

/** Where a model says nothing of its use: four characters a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** What the attempt has used so far. */
export class UsageMeter {
  readonly #price: Price;
  #inputTokens = 0;
  #outputTokens = 0;
  #turns = 0;

  constructor(price: Price) {
    this.#price = price;
  }

  addTokens(tokens: TokenCounts): void {
    this.#inputTokens += Math.round(tokens.input);
    this.#outputTokens += Math.round(tokens.output);
    this.#turns += 1;
  }

  getUsage(): Usage {
    return {
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      usd: this.#price === null ? null : this.#computeCost(this.#price),
      turns: this.#turns,
    };
  }

  #computeCost(price: { readonly input: number; readonly output: number }): number {
    const usd = (this.#inputTokens * price.input + this.#outputTokens * price.output) / 1_000_000;
    return Math.round(usd * 1e6) / 1e6;
  }
}
