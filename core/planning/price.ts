import type { Usage } from '../contract/task.ts';

/** Price of a model in US dollars per million tokens. */
export type Price = { readonly input: number; readonly output: number };
/** Prices by model name. */
export type Prices = Readonly<Record<string, Price>>;

/** Returns the price of a model, or null if the price is unknown. */
export function findPrice(model: string, prices: Prices): Price | null {
  return Object.hasOwn(prices, model) ? (prices[model] ?? null) : null;
}

/** Computes the cost of tokens in US dollars; null if the price is unknown. */
export function computeCost(
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
  price: Price | null,
): number | null {
  if (price === null) return null;
  return (tokens.inputTokens * price.input + tokens.outputTokens * price.output) / 1_000_000;
}

/** Adds the cost to the usage of a planning step, in the form of the contract. */
export function computeUsage(
  stepUsage: {
    readonly model: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly turns: number;
  },
  prices: Prices,
): Usage {
  const { model, ...counts } = stepUsage;
  return { ...counts, usd: computeCost(counts, findPrice(model, prices)) };
}
