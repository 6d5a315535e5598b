import type { JsonObject } from '../../../core/chat/json-value.ts';
import { isJsonObject } from '../../../core/chat/json-value.ts';

// Selects the fields of an agent's request that the proxy forwards. A field that is not in the lists could make the endpoint use other
// models, answer several times, work after the reply, charge another price or run tools of its own; the limits of the attempt would
// not count such work.

/** API of the model endpoint. */
export type ModelApi = 'chat' | 'responses' | 'messages';

/** Request with only the allowed fields and tools. */
export type AllowedRequest = {
  readonly body: JsonObject;
  /** Names of the removed fields and descriptions of the removed tools, for people. */
  readonly removed: readonly string[];
};

const SHARED_FIELDS = [
  'model',
  'stream',
  'temperature',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
] as const;

const ALLOWED_FIELDS: Record<ModelApi, ReadonlySet<string>> = {
  chat: new Set([
    ...SHARED_FIELDS,
    'chat_template_kwargs',
    'enable_thinking',
    'frequency_penalty',
    'function_call',
    'functions',
    'max_completion_tokens',
    'max_tokens',
    'messages',
    'min_p',
    'parallel_tool_calls',
    'presence_penalty',
    'prompt_cache_key',
    'reasoning',
    'reasoning_effort',
    'repetition_penalty',
    'response_format',
    'seed',
    'stop',
    'stream_options',
    'thinking',
    'thinking_budget',
    'user',
    'verbosity',
  ]),
  responses: new Set([
    ...SHARED_FIELDS,
    'include',
    'input',
    'instructions',
    'max_output_tokens',
    'parallel_tool_calls',
    'prompt_cache_key',
    'reasoning',
    'safety_identifier',
    'stream_options',
    'text',
    'truncation',
    'user',
  ]),
  messages: new Set([
    ...SHARED_FIELDS,
    'cache_control',
    'context_management',
    'max_tokens',
    'messages',
    'metadata',
    'output_config',
    'output_format',
    'stop_sequences',
    'system',
    'thinking',
  ]),
};

/** Fields that are meaningless without tools, and that endpoints then reject. */
const TOOL_FIELDS: ReadonlySet<string> = new Set(['tool_choice', 'tools', 'parallel_tool_calls']);

/** Tools that the agent runs itself. The endpoint would run any other tool, such as a web search. */
const CLIENT_TOOLS: Record<ModelApi, RegExp> = {
  chat: /^function$/,
  responses: /^(function|custom|local_shell|apply_patch)$/,
  messages: /^(function|custom|(bash|text_editor|memory|computer)_\d+)$/,
};

/** Longest name of a removed field or tool. */
const MAX_NAME_CHARS = 60;

/** Removes all fields and tools that are not allowed. */
export function selectAllowedFields(api: ModelApi, request: JsonObject): AllowedRequest {
  const removed: string[] = [];
  const body = Object.fromEntries(
    Object.entries(request).filter(([name]) => {
      const isAllowed = ALLOWED_FIELDS[api].has(name);
      // `store` is set to false below, which is what most agents ask for.
      if (!isAllowed && name !== 'store') removed.push(`field ${quoteName(name)}`);
      return isAllowed;
    }),
  );
  const withClientTools = removeServerTools(api, body, removed);
  // The endpoint of responses stores each answer by default; a later request could then continue a conversation that the proxy has not
  // counted.
  return {
    body: api === 'responses' ? { ...withClientTools, store: false } : withClientTools,
    removed,
  };
}

function removeServerTools(api: ModelApi, body: JsonObject, removed: string[]): JsonObject {
  const { tools } = body;
  if (!Array.isArray(tools)) return body;
  const clientTools = tools.filter((tool: unknown) => isClientTool(api, tool));
  if (clientTools.length === tools.length) return body;
  for (const tool of tools)
    if (!isClientTool(api, tool)) removed.push(`tool ${quoteName(describeTool(tool))}`);
  const { tool_choice: choice, ...bodyWithoutChoice } = body;
  // A choice that names a removed tool would make the request invalid.
  const isChoiceUsable = choice !== undefined && !isJsonObject(choice);
  if (clientTools.length > 0)
    return {
      ...bodyWithoutChoice,
      tools: clientTools,
      ...(isChoiceUsable || choosesTool(choice, clientTools) ? { tool_choice: choice } : {}),
    };
  return Object.fromEntries(Object.entries(body).filter(([name]) => !TOOL_FIELDS.has(name)));
}

function isClientTool(api: ModelApi, tool: unknown): boolean {
  if (!isJsonObject(tool)) return false;
  // In the messages API, the type of a tool of the client is optional.
  if (tool.type === undefined)
    return api === 'messages' ? 'input_schema' in tool : isJsonObject(tool.function);
  return typeof tool.type === 'string' && CLIENT_TOOLS[api].test(tool.type);
}

/** Returns whether `tool_choice` names one of the tools, or names no tool at all. */
function choosesTool(choice: unknown, tools: readonly unknown[]): boolean {
  if (!isJsonObject(choice)) return false;
  const chosenName = readToolName(choice);
  if (chosenName !== undefined)
    return tools.some((tool) => isJsonObject(tool) && readToolName(tool) === chosenName);
  return choice.type === 'auto' || choice.type === 'any' || choice.type === 'none';
}

function readToolName(tool: JsonObject): unknown {
  return tool.name ?? (isJsonObject(tool.function) ? tool.function.name : undefined);
}

function describeTool(tool: unknown): string {
  return isJsonObject(tool) && typeof tool.type === 'string' ? tool.type : 'without a known type';
}

function quoteName(name: string): string {
  return `"${name.replace(/\s+/g, ' ').slice(0, MAX_NAME_CHARS)}"`;
}
