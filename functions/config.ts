import type { z } from 'zod';
import { AppError } from '../core/base/app-error.ts';
import { SECTIONS } from './config-sections.ts';
import type { ConfigSection, ConfigVariable } from './config-variable.ts';

// The only reader of the environment. Everything that is wrong is said at once, with what to set.

export type SectionName = keyof typeof SECTIONS;
export type Config = {
  readonly [S in SectionName]: {
    readonly [V in keyof (typeof SECTIONS)[S]['variables']]: (typeof SECTIONS)[S]['variables'][V] extends ConfigVariable<
      infer T
    >
      ? z.output<T>
      : never;
  };
};
export type Environment = Readonly<Record<string, string | undefined>>;

type SectionValues = Record<string, unknown>;

/** The sections that are asked for. Throws one `invalid_config` that lists every problem. */
export function readConfig<N extends SectionName>(
  names: readonly N[],
  env: Environment = process.env,
): Pick<Config, N> {
  const problems: string[] = [];
  const config: Record<string, SectionValues> = {};
  for (const name of names) config[name] = readSection(SECTIONS[name], env, problems);
  if (problems.length > 0) throw createConfigError(problems);
  // Each value went through its variable's schema, from which `Config` is derived.
  return config as Pick<Config, N>;
}

/** Values that must never be seen in a log. */
export function listConfigSecrets(
  names: readonly SectionName[],
  env: Environment = process.env,
): string[] {
  return names
    .flatMap((name) => Object.values<ConfigVariable>(SECTIONS[name].variables))
    .filter((variable) => variable.secret)
    .flatMap((variable) => [env[variable.env] ?? '', ...(env[variable.env] ?? '').split(',')])
    .filter((value) => value !== '');
}

export type ConfigRow = {
  readonly section: SectionName;
  readonly name: string;
  readonly about: string;
  /** As one would write it; undefined: none. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly secret: boolean;
};

/** Every variable once, for the operations document. */
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
  const unset = schema.safeParse(undefined);
  const written = unset.success ? formatDefault(unset.data) : undefined;
  return { section, name, about, default: written, required: !unset.success, secret };
}

function listSectionNames(): SectionName[] {
  const known = (name: string): name is SectionName => name in SECTIONS;
  return Object.keys(SECTIONS).filter(known);
}

function readSection(section: ConfigSection, env: Environment, problems: string[]): SectionValues {
  const values: SectionValues = {};
  const before = problems.length;
  for (const [name, variable] of Object.entries(section.variables)) {
    const given = env[variable.env];
    const parsed = variable.schema.safeParse(given === '' ? undefined : given);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(explainVariable(variable, given, parsed.error));
  }
  const together = problems.length === before ? section.check?.(values) : undefined;
  if (together !== undefined) problems.push(together);
  return values;
}

/** The value itself is not repeated: it may be a secret. */
function explainVariable(
  variable: ConfigVariable,
  given: string | undefined,
  error: z.ZodError,
): string {
  const missing = given === undefined || given === '';
  const what = missing ? 'is not set' : error.issues.map(({ message }) => message).join('; ');
  return `${variable.env} ${what}. ${variable.about}`;
}

function createConfigError(problems: readonly string[]): AppError {
  const lines = [...new Set(problems)].map((problem) => `  - ${problem}`);
  return new AppError('bug', 'invalid_config', `the configuration lacks:\n${lines.join('\n')}`, {
    details: { problems },
  });
}

function formatDefault(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
