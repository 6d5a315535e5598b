import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { CONFIG_FILES } from '../../core/contract/tool-environment.ts';

// Reads the settings of the local platform from environment variables. Handlers read the environment themselves, as in AWS
// Lambda.

/** Name of a configuration file of a package manager. */
export type ConfigFileName = keyof typeof CONFIG_FILES;

const CONFIG_FILE_NAMES = [
  'npm',
  'cargo',
  'pip',
  'maven',
] as const satisfies readonly ConfigFileName[];

const settingsSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_000),
  SMOL_FORGE_PORT: z.coerce.number().int().min(0).max(65_535).default(3_001),
  SMOL_DATA_DIR: z.string().trim().min(1).default('.smol-gang'),
  TOOL_CONFIG_FILES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .pipe(
      z.array(
        z.enum(CONFIG_FILE_NAMES, {
          error: `is a list of ${CONFIG_FILE_NAMES.join(', ')}, separated by commas`,
        }),
      ),
    ),
  STORE: z.enum(['embedded', 'dynamodb']).default('embedded'),
  SMOL_CLOCK_SECONDS: z.coerce.number().int().min(1).max(60).default(60),
});

/** Where the platform keeps its data: in SQLite in its own process, or in emulators of DynamoDB and SQS. */
export type StoreKind = 'embedded' | 'dynamodb';

/** Settings of the local platform. */
export type PlatformSettings = {
  /** Port of the API; 0 selects any free port. */
  readonly port: number;
  /** Port of the local forge; 0 selects any free port. */
  readonly forgePort: number;
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  /** Configuration files of package managers that attempts get. */
  readonly toolConfigFiles: readonly ConfigFileName[];
  readonly store: StoreKind;
  /**
   * Upper bound for the intervals of scheduled handlers: 1 to 60 seconds. Tests set a lower bound to run schedules more often.
   */
  readonly maxScheduleIntervalSeconds: number;
};

/** Reads the settings; throws AppError `invalid_settings`, whose message lists every invalid variable. */
export function readPlatformSettings(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): PlatformSettings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) {
    const { PORT, SMOL_FORGE_PORT, SMOL_DATA_DIR, TOOL_CONFIG_FILES, STORE, SMOL_CLOCK_SECONDS } =
      parsed.data;
    return {
      port: PORT,
      forgePort: SMOL_FORGE_PORT,
      dataDir: resolve(cwd, SMOL_DATA_DIR),
      toolConfigFiles: TOOL_CONFIG_FILES,
      store: STORE,
      maxScheduleIntervalSeconds: SMOL_CLOCK_SECONDS,
    };
  }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError(
    'invalid',
    'invalid_settings',
    `correct these environment variables:\n${problems.join('\n')}`,
  );
}

/** Returns the paths of the files and folders in a data folder. */
export function getDataLayout(
  dataDir: string,
): Record<
  | 'store'
  | 'queues'
  | 'forge'
  | 'launcher'
  | 'codeCache'
  | 'keys'
  | 'lock'
  | 'version'
  | 'cli'
  | 'log',
  string
> {
  return {
    store: join(dataDir, 'store'),
    queues: join(dataDir, 'queues'),
    forge: join(dataDir, 'forge'),
    launcher: join(dataDir, 'attempts'),
    codeCache: join(dataDir, 'code-cache'),
    keys: join(dataDir, 'keys.json'),
    lock: join(dataDir, 'platform.lock'),
    version: join(dataDir, 'version.json'),
    cli: join(dataDir, 'cli.json'),
    log: join(dataDir, 'platform.log'),
  };
}
