import type { Usage } from '../contract/task.ts';

/** USD per million tokens. */
export type Price = { readonly input: number; readonly output: number };
export type Prices = Readonly<Record<string, Price>>;

/** null: unknown, and then so is every cost made with it. */
export function findPrice(model: string, prices: Prices): Price | null {
  return Object.hasOwn(prices, model) ? (prices[model] ?? null) : null;
}

/** USD; null when the price is unknown. */
export function computeCost(
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
  price: Price | null,
): number | null {
  if (price === null) return null;
  return (tokens.inputTokens * price.input + tokens.outputTokens * price.output) / 1_000_000;
}

/** What a step of planning used, as it is counted for a plan. */
export function computeUsage(
  used: {
    readonly model: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly turns: number;
  },
  prices: Prices,
): Usage {
  const { model, ...counts } = used;
  return { ...counts, usd: computeCost(counts, findPrice(model, prices)) };
}
