import type { ConfigRow } from '../../functions/config.ts';
import { describeConfig, listOperatorSections } from '../../functions/config.ts';

// Renders the tables of configuration variables in docs/operations.md, and the file .env.example, from the configuration of the
// functions.

const TABLE_START = '<!-- config: made by npm run docs:config -->';
const TABLE_END = '<!-- /config -->';

type ConfigTableRow = Pick<ConfigRow, 'name' | 'about' | 'default' | 'required' | 'secret'>;

/** Variables of the laptop platform; test/docs.test.ts compares their defaults with local/platform/platform-settings.ts. */
export const PLATFORM_ROWS: readonly ConfigTableRow[] = [
  createPlatformRow('PORT', '3000', 'Port of the API and its WebSocket.'),
  createPlatformRow('SMOL_FORGE_PORT', '3001', 'Port of the local forge.'),
  createPlatformRow('SMOL_MODEL_PORT', '3002', 'Port of the scripted model; `make demo` only.'),
  createPlatformRow(
    'SMOL_DATA_DIR',
    '.smol-gang',
    'Folder of all data, relative to the working folder; `make demo` uses `.smol-gang/demo`.',
  ),
  createPlatformRow(
    'TOOL_CONFIG_FILES',
    '',
    'Configuration files of package managers in your HOME that attempts get, separated by commas: npm (`~/.npmrc`), cargo (`~/.cargo/config.toml`), pip (`~/.config/pip/pip.conf`), maven (`~/.m2/settings.xml`). Agents can read them, tokens included. Unset: none.',
  ),
  createPlatformRow(
    'STORE',
    'embedded',
    'Store of plans and messages: `embedded` (SQLite in the process of the platform) or `dynamodb` (emulators of DynamoDB and SQS, which `npm install` installs). The data of one cannot be used by the other.',
  ),
  createPlatformRow(
    'SMOL_CLOCK_SECONDS',
    '60',
    'Seconds between two runs of the resync, which finds due work even when every message about the work is lost.',
  ),
];

/** Variables that belong to a section of the operator, but that only the laptop platform sets. */
const PLATFORM_ONLY_VARIABLES = new Set(['LOG_FILE']);

function createPlatformRow(name: string, value: string, about: string): ConfigTableRow {
  return { name, about, default: value || undefined, required: false, secret: false };
}

function isForOperator({ section, name }: ConfigRow): boolean {
  return listOperatorSections().includes(section) && !PLATFORM_ONLY_VARIABLES.has(name);
}

const ENV_FILE_HEAD = `# Configuration of smol-gang on this machine. Copy this file to .env and remove the # before the settings that you change:
#
#   cp .env.example .env && chmod 600 .env
#
# \`make dev\`, \`make demo\` and the command \`smol-gang\` read .env; a variable of the environment takes precedence.
# This file is generated: npm run docs:config
`;

/** Returns the text of .env.example: each variable of an operator as a comment with its description and default. */
export function renderEnvExample(): string {
  const operatorRows = describeConfig().filter(isForOperator);
  const isForModel = ({ section }: ConfigRow) => section === 'model';
  const rows = [
    ...operatorRows.filter(isForModel),
    ...operatorRows.filter((row) => !isForModel(row)),
    ...PLATFORM_ROWS,
  ];
  const entries = rows.map(
    ({ name, about, default: value }) => `# ${about}\n#${name}=${quoteValue(value ?? '')}\n`,
  );
  return [ENV_FILE_HEAD, ...entries, renderCliEntries()].join('\n');
}

function renderCliEntries(): string {
  return [
    '# URL of the smol-gang that the command calls. Unset: the platform of this folder.\n#SMOL_GANG_URL=\n',
    '# API token of the command, from `smol-gang token create`. Unset: no token is needed on the machine of the platform.\n#SMOL_GANG_TOKEN=\n',
  ].join('\n');
}

function quoteValue(value: string): string {
  return /[\s#"{]/.test(value) ? `'${value}'` : value;
}

export function renderConfigTable(): string {
  const rows = describeConfig().filter(({ name }) => name !== 'SMOL_DATA_DIR');
  return [
    TABLE_START,
    'For you:',
    '',
    ...renderTable([...PLATFORM_ROWS, ...rows.filter(isForOperator)]),
    '',
    'For handlers; the laptop platform sets these itself, a deployment has to:',
    '',
    ...renderTable(rows.filter((row) => !isForOperator(row))),
    TABLE_END,
  ].join('\n');
}

/** Returns the document with the tables replaced. Throws if the document lacks the markers around the tables. */
export function replaceConfigTable(document: string): string {
  const start = document.indexOf(TABLE_START);
  const end = document.indexOf(TABLE_END);
  if (start < 0 || end < start)
    throw new Error(`the document must contain "${TABLE_START}" and, after it, "${TABLE_END}"`);
  return document.slice(0, start) + renderConfigTable() + document.slice(end + TABLE_END.length);
}

function renderTable(rows: readonly ConfigTableRow[]): string[] {
  return ['| Variable | Default | |', '| --- | --- | --- |', ...rows.map(renderRow)];
}

function renderRow({ name, about, secret, required, default: value }: ConfigTableRow): string {
  const text = about.replaceAll('|', '\\|');
  const shownDefault = value === undefined ? '' : `\`${value}\``;
  return `| \`${name}\` | ${required ? 'required' : shownDefault} | ${text}${secret ? ' Secret.' : ''} |`;
}
