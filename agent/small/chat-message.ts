// The conversation in the words of the chat/completions protocol.

export type ToolCall = {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
};

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly ToolCall[];
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

export type ToolDefinition = {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: unknown;
  };
};

export type ChatAnswer = {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** As the endpoint said it: `stop`, `tool_calls`, `length`, `content_filter`. */
  readonly finishReason: string;
};
