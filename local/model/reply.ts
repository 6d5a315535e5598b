/** What the scripted model answers. */
export type Reply =
  | { readonly text: string }
  | { readonly text: string; readonly calls: readonly RequestedCall[] }
  /** An error of the endpoint, in its own words. */
  | { readonly status: number; readonly problem: string };

export type RequestedCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
};

export function createRequestedCall(
  name: string,
  input: Readonly<Record<string, unknown>>,
): RequestedCall {
  return { name, input };
}
