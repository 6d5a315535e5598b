import type { FinishReason } from './chat-reply.ts';

/** Names of the reasons at different endpoints, in lower case with underscores. */
const NAMES: Readonly<Record<Exclude<FinishReason, 'other'>, string>> = {
  stop: 'stop end end_turn end_of_turn eos eos_token stop_sequence complete completed finish finished done',
  calls: 'tool_calls tool_call tool_use tool function_call function_calls',
  length:
    'length max_length max_tokens max_output_tokens max_completion_tokens model_length token_limit model_context_window_exceeded incomplete',
  filter:
    'content_filter content_filtered safety image_safety guardrail_intervened refusal recitation blocklist prohibited_content spii sensitive',
  error:
    'error failed abort aborted cancelled canceled timeout network_error insufficient_system_resource malformed_function_call malformed_tool_call malformed_response unexpected_tool_call too_many_tool_calls user_cancel other unknown language load unload',
};

const REASON_BY_NAME = new Map<string, FinishReason>();
for (const reason of ['stop', 'calls', 'length', 'filter', 'error'] as const) {
  for (const name of NAMES[reason].split(' ')) REASON_BY_NAME.set(name, reason);
}

/** Names that say nothing about the end. */
const EMPTY_NAMES: ReadonlySet<string> = new Set([
  '',
  'null',
  'none',
  'unspecified',
  'finish_reason_unspecified',
]);

/** Reads a finish reason; undefined if the value says nothing about the end. */
export function readFinishReason(value: unknown): FinishReason | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value
    .trim()
    .toLowerCase()
    .replace(/[^a-z]+/g, '_');
  if (EMPTY_NAMES.has(name)) return undefined;
  return REASON_BY_NAME.get(name) ?? (name.startsWith('error') ? 'error' : 'other');
}
