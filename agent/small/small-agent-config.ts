import { z } from 'zod';

/** The endpoint, and what the agent may spend of it. */
export type SmallAgentConfig = {
  readonly endpoint: { readonly baseUrl: string; readonly apiKey: string; readonly model: string };
  /** What the conversation is trimmed to before it is sent. */
  readonly contextTokens: number;
  /** Model requests in one prompt; then the turn ends with `max_turn_requests`. */
  readonly maxRequests: number;
  /** For commands that the model runs: the agent's own, without what belongs to the endpoint. */
  readonly commandEnv: Readonly<Record<string, string>>;
};

const environmentSchema = z.object({
  OPENAI_BASE_URL: z.url(),
  OPENAI_API_KEY: z.string().min(1),
  OPENAI_MODEL: z.string().min(1),
  /** Small local models: an endpoint that cuts silently needs to be told. */
  OPENAI_CONTEXT_TOKENS: z.coerce.number().int().min(2_000).default(100_000),
});

/** Throws with every problem named, but without a value: one of them is a secret. */
export function readSmallAgentConfig(
  environment: Readonly<Record<string, string | undefined>>,
): SmallAgentConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new Error(`the environment is not usable: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  return {
    endpoint: {
      baseUrl: data.OPENAI_BASE_URL.replace(/\/+$/, ''),
      apiKey: data.OPENAI_API_KEY,
      model: data.OPENAI_MODEL,
    },
    contextTokens: data.OPENAI_CONTEXT_TOKENS,
    maxRequests: 200,
    commandEnv: removeEndpointVariables(environment),
  };
}

function removeEndpointVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !name.startsWith('OPENAI_')) kept[name] = value;
  }
  return kept;
}
