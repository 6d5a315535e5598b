import { z } from 'zod';

/** Settings of the built-in agent, from the environment. */
export type SmallAgentConfig = {
  /** Model endpoint; `baseUrl` without a trailing slash. */
  readonly endpoint: { readonly baseUrl: string; readonly apiKey: string; readonly model: string };
  /** Limit of the conversation in one request, in estimated tokens. */
  readonly contextTokens: number;
  /** Limit of model requests in one turn. At the limit, the turn ends with the stop reason `max_turn_requests`. */
  readonly maxRequests: number;
  /** Environment of commands: the environment of the agent without the OPENAI_* variables. */
  readonly commandEnv: Readonly<Record<string, string>>;
};

const MAX_REQUESTS = 200;

const environmentSchema = z.object({
  OPENAI_BASE_URL: z.url(),
  OPENAI_API_KEY: z.string().min(1),
  OPENAI_MODEL: z.string().min(1),
  /** Limit of the conversation. Must be set for small local models, because their endpoints may cut a longer conversation silently. */
  OPENAI_CONTEXT_TOKENS: z.coerce.number().int().min(2_000).default(100_000),
});

/** Reads the settings. Throws one error that lists all invalid variables, without their values, because a value may be a secret. */
export function readSmallAgentConfig(
  environment: Readonly<Record<string, string | undefined>>,
): SmallAgentConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new Error(`invalid environment variables of the agent: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  return {
    endpoint: {
      baseUrl: data.OPENAI_BASE_URL.replace(/\/+$/, ''),
      apiKey: data.OPENAI_API_KEY,
      model: data.OPENAI_MODEL,
    },
    contextTokens: data.OPENAI_CONTEXT_TOKENS,
    maxRequests: MAX_REQUESTS,
    commandEnv: removeEndpointVariables(environment),
  };
}

function removeEndpointVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const commandEnv: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !name.startsWith('OPENAI_')) commandEnv[name] = value;
  }
  return commandEnv;
}
