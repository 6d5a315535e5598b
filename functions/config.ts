import type { z } from 'zod';
import { AppError } from '../core/base/app-error.ts';
import { SECTIONS } from './config-sections.ts';
import type { ConfigSection, ConfigVariable } from './config-variable.ts';
import { OPERATOR_SECTIONS } from './operator-sections.ts';

// Only this file reads the environment. One error lists all problems, each with its variable.

/** Name of a configuration section. */
export type SectionName = keyof typeof SECTIONS;
/** Parsed configuration of all sections. */
export type Config = {
  readonly [S in SectionName]: {
    readonly [V in keyof (typeof SECTIONS)[S]['variables']]: (typeof SECTIONS)[S]['variables'][V] extends ConfigVariable<
      infer T
    >
      ? z.output<T>
      : never;
  };
};
/** Environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

type SectionValues = Record<string, unknown>;

/** Reads the given sections; throws AppError `invalid_config` with a list of all problems. */
export function readConfig<N extends SectionName>(
  names: readonly N[],
  env: Environment = process.env,
): Pick<Config, N> {
  const problems: string[] = [];
  const config: Record<string, SectionValues> = {};
  for (const name of names) config[name] = readSection(SECTIONS[name], env, problems);
  if (problems.length > 0) throw createConfigError(problems);
  // The schemas of the variables parsed every value, and the type `Config` is derived from these schemas.
  return config as Pick<Config, N>;
}

/** Lists all configured secrets, so that the log can redact them. */
export function listConfigSecrets(
  names: readonly SectionName[],
  env: Environment = process.env,
): string[] {
  return names
    .flatMap((name) => Object.values<ConfigVariable>(SECTIONS[name].variables))
    .filter((variable) => variable.secret)
    .map((variable) => readText(variable, env) ?? '')
    .flatMap((text) => [text, ...text.split(',').map((entry) => entry.trim())])
    .filter((value) => value !== '');
}

/**
 * Returns the text of a variable without white space at its ends, such as the line break of a secret file; undefined: unset or
 * empty. All readers of the configuration get this text, so that no two parts use different values.
 */
function readText(variable: ConfigVariable, env: Environment): string | undefined {
  const text = env[variable.env]?.trim();
  return text === '' ? undefined : text;
}

/** Lists the sections whose values an operator chooses. */
export function listOperatorSections(): SectionName[] {
  return listSectionNames().filter((name) => name in OPERATOR_SECTIONS);
}

/** Row of the configuration table in the operations document. */
export type ConfigRow = {
  readonly section: SectionName;
  readonly name: string;
  readonly about: string;
  /** Default in the form of the environment variable; undefined if there is no default. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly secret: boolean;
};

/** Describes every variable once, even a variable that several sections contain. */
export function describeConfig(): ConfigRow[] {
  const rows = new Map<string, ConfigRow>();
  for (const section of listSectionNames()) {
    for (const variable of Object.values<ConfigVariable>(SECTIONS[section].variables)) {
      if (!rows.has(variable.env)) rows.set(variable.env, describeVariable(section, variable));
    }
  }
  return [...rows.values()];
}

function describeVariable(section: SectionName, variable: ConfigVariable): ConfigRow {
  const { env: name, schema, about, secret } = variable;
  const parsedUnset = schema.safeParse(undefined);
  const defaultText = parsedUnset.success ? formatDefault(parsedUnset.data) : undefined;
  return { section, name, about, default: defaultText, required: !parsedUnset.success, secret };
}

function listSectionNames(): SectionName[] {
  const isSectionName = (name: string): name is SectionName => name in SECTIONS;
  return Object.keys(SECTIONS).filter(isSectionName);
}

function readSection(section: ConfigSection, env: Environment, problems: string[]): SectionValues {
  const values: SectionValues = {};
  const earlierProblemCount = problems.length;
  for (const [name, variable] of Object.entries(section.variables)) {
    const text = readText(variable, env);
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(explainVariable(variable, text, parsed.error));
  }
  const conflict = problems.length === earlierProblemCount ? section.check?.(values) : undefined;
  if (conflict !== undefined) problems.push(conflict);
  return values;
}

/** Explains a problem without the value, because the value may be a secret. */
function explainVariable(
  variable: ConfigVariable,
  text: string | undefined,
  error: z.ZodError,
): string {
  const problem =
    text === undefined ? 'is not set' : error.issues.map(({ message }) => message).join('; ');
  return `${variable.env} ${problem}. ${variable.about}`;
}

function createConfigError(problems: readonly string[]): AppError {
  const lines = [...new Set(problems)].map((problem) => `  - ${problem}`);
  return new AppError(
    'bug',
    'invalid_config',
    `the configuration is not valid; correct these environment variables:\n${lines.join('\n')}`,
    {
      details: { problems },
    },
  );
}

function formatDefault(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
