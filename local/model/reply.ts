/** What the scripted model answers. */
export type Reply =
  | { readonly text: string }
  | { readonly text: string; readonly calls: readonly CallWish[] }
  /** An error of the endpoint, in its own words. */
  | { readonly status: number; readonly problem: string };

export type CallWish = { readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export function wish(name: string, input: Readonly<Record<string, unknown>>): CallWish {
  return { name, input };
}
