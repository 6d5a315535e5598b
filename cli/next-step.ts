// Next steps for errors of the API and conditions of a plan, by code. The API returns codes and details, but no commands.

type Details = Readonly<Record<string, unknown>>;

const ADVICE_BY_ERROR_CODE: Readonly<Record<string, (details: Details) => string | undefined>> = {
  base_not_red: () => '`smol-gang status PLAN` shows what the plan waits for',
  no_graph_yet: () => '`smol-gang status PLAN --watch` shows the progress of the planning',
  plan_status: ({ action, plan }) =>
    action === 'restart' ? `restart the plan with \`smol-gang plan restart ${plan}\`` : undefined,
  ready_pull_open: () => 'merge the pull request, or restart the plan with --close-ready',
  plan_unknown: () => '`smol-gang plan list` lists the plans',
  repository_unknown: ({ repository }) =>
    repository === undefined
      ? '`smol-gang repo list` lists the linked repositories'
      : 'link the repository with `smol-gang repo link`',
  revision_moved: () => '`smol-gang plan show PLAN` shows the newest revision',
  task_unknown: () => '`smol-gang status PLAN` lists the tasks of the plan',
  last_admin: () => '`smol-gang user set-role EMAIL admin` makes another user an admin',
  session_not_found: () => '`smol-gang session list` lists your sessions',
  token_not_found: () => '`smol-gang token list` lists your tokens',
  user_not_found: () => '`smol-gang user list` lists the users',
};

/** Returns the next step for an error of the API; undefined if the code has none. */
export function findErrorAdvice(code: string, details: Details): string | undefined {
  return ADVICE_BY_ERROR_CODE[code]?.(details);
}

const COMMAND_BY_CONDITION_CODE: Readonly<Record<string, (plan: string) => string>> = {
  paused_model: getRecoverCommand,
  paused_forge: getRecoverCommand,
  planning_parked: getRecoverCommand,
  planning_retried: getRecoverCommand,
};

/** Returns the command that makes the plan call a paused system at once instead of at the end of the pause. */
function getRecoverCommand(plan: string): string {
  return `smol-gang recover ${plan}`;
}

/** Returns the command that helps with a condition of the plan; undefined if there is none. */
export function findConditionCommand(code: string, plan: string): string | undefined {
  return COMMAND_BY_CONDITION_CODE[code]?.(plan);
}
