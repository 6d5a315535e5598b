/** An answer of the scripted model: text, text with tool calls, or an error. */
export type Reply =
  | { readonly text: string }
  | { readonly text: string; readonly calls: readonly RequestedCall[] }
  /** An error: HTTP status and message. */
  | { readonly status: number; readonly problem: string };

/** A tool call that the agent shall run. */
export type RequestedCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** Creates a tool call. */
export function createRequestedCall(
  name: string,
  input: Readonly<Record<string, unknown>>,
): RequestedCall {
  return { name, input };
}
