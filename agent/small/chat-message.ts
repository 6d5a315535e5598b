// Messages of the chat/completions protocol.

/** Tool call of the model; `arguments` is JSON text. */
export type ToolCall = {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
};

/** Message of a conversation. */
export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly ToolCall[];
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** Tool offered to the model; `parameters` is a JSON schema. */
export type ToolDefinition = {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: unknown;
  };
};

/** Answer of the model. */
export type ChatAnswer = {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** `truncated`: the answer reached the output limit. `refused`: the model or a content filter refuses to answer. */
  readonly ending: 'complete' | 'truncated' | 'refused';
};
