import { z } from 'zod';
import type { Usage } from '../../core/contract/task.ts';

// Reads token counts out of what model APIs answer: chat/completions, responses and messages, plain or streamed.

export type Price = { input: number; output: number } | null;
export type Tokens = { input: number; output: number };

const count = z.number().nonnegative().nullish();
const usageFields = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
const carrier = z.object({
  usage: usageFields.nullish().catch(undefined),
  response: z.object({ usage: usageFields.nullish() }).nullish().catch(undefined),
  message: z.object({ usage: usageFields.nullish() }).nullish().catch(undefined),
});

/** The counts in one JSON answer or one streamed event. Undefined: it carries none. */
export function readTokens(data: unknown): Partial<Tokens> | undefined {
  const parsed = carrier.safeParse(data);
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
export class StreamReader {
  private rest = '';
  private readonly found: Partial<Tokens> = {};
  /** Events so far: about a token each. */
  events = 0;

  write(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
    // A line without an end is not an event.
    if (this.rest.length > 4 * 1024 * 1024) this.rest = '';
  }

  /** At the end of the stream. */
  tokens(): Partial<Tokens> {
    this.line(this.rest);
    this.rest = '';
    return this.found;
  }

  private line(line: string): void {
    if (!line.startsWith('data:')) return;
    this.events += 1;
    // Only lines that can hold counts are worth parsing.
    if (!line.includes('usage')) return;
    try {
      Object.assign(this.found, readTokens(JSON.parse(line.slice(5))));
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
  private readonly price: Price;
  private input = 0;
  private output = 0;
  private turns = 0;

  constructor(price: Price) {
    this.price = price;
  }

  add(tokens: Tokens): void {
    this.input += Math.round(tokens.input);
    this.output += Math.round(tokens.output);
    this.turns += 1;
  }

  usage(): Usage {
    return {
      inputTokens: this.input,
      outputTokens: this.output,
      usd: this.price === null ? null : this.cost(this.price),
      turns: this.turns,
    };
  }

  private cost(price: { input: number; output: number }): number {
    const usd = (this.input * price.input + this.output * price.output) / 1_000_000;
    return Math.round(usd * 1e6) / 1e6;
  }
}
