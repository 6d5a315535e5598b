// Commands that help with an error of the API or a condition of a plan, by code. The domain names codes only.

type Details = Readonly<Record<string, unknown>>;

const ADVICE_BY_ERROR_CODE: Readonly<Record<string, (details: Details) => string | undefined>> = {
  repository_unknown: () => 'link it with `smol-gang repo link`',
  plan_status: ({ action, plan }) =>
    action === 'restart' ? `restart it with \`smol-gang plan restart ${plan}\`` : undefined,
};

/** Returns the next step for an error of the API; undefined if the message says everything. */
export function findErrorAdvice(code: string, details: Details): string | undefined {
  return ADVICE_BY_ERROR_CODE[code]?.(details);
}

const COMMAND_BY_CONDITION_CODE: Readonly<Record<string, (plan: string) => string>> = {
  paused_model: getRecoverCommand,
  paused_forge: getRecoverCommand,
  planning_parked: getRecoverCommand,
  planning_retried: getRecoverCommand,
};

function getRecoverCommand(plan: string): string {
  return `smol-gang recover ${plan}`;
}

/** Returns the command that resolves a condition of the plan, or that tries again at once; undefined if there is none. */
export function findConditionCommand(code: string, plan: string): string | undefined {
  return COMMAND_BY_CONDITION_CODE[code]?.(plan);
}
