import { z } from 'zod';
import { parseJson } from '../../core/base/parse-json.ts';

// A conversation of the chat/completions API, reduced to the fields that the scripted model uses.

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z
    .union([
      z.string(),
      z
        .array(z.looseObject({ text: z.string().default('') }))
        .transform((parts) => parts.map((part) => part.text).join('\n')),
    ])
    .nullish()
    .transform((content) => content ?? ''),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    )
    .nullish(),
});

/** Request to the chat/completions API. */
export const chatRequestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).nullish(),
});
/** Request to the chat/completions API. */
export type ChatRequest = z.infer<typeof chatRequestSchema>;
type Message = ChatRequest['messages'][number];

/** A tool call of the agent that has an output. */
export type CompletedCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: string;
};

/** Returns the texts of all user messages, oldest first. */
export function readUserMessages(messages: readonly Message[]): string[] {
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
}

/** Returns the tool calls that already have an output, oldest first. */
export function collectCompletedCalls(messages: readonly Message[]): CompletedCall[] {
  const outputs = new Map(messages.map((message) => [message.tool_call_id ?? '', message.content]));
  const calls = messages.flatMap((message) => message.tool_calls ?? []);
  return calls.flatMap(({ id, function: target }) => {
    const output = outputs.get(id);
    if (output === undefined) return [];
    return [{ name: target.name, input: parseInput(target.arguments), output }];
  });
}

function parseInput(text: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).safeParse(parseJson(text)).data ?? {};
}

/** Returns the content of a file according to the last `read_file` call; undefined without a successful call. */
export function findReadContent(calls: readonly CompletedCall[], path: string): string | undefined {
  const read = calls.findLast((call) => call.name === 'read_file' && call.input.path === path);
  return read === undefined || read.output.startsWith('error:') ? undefined : read.output;
}
