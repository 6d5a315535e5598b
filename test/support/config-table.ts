import { type ConfigRow, describeConfig, type SectionName } from '../../functions/config.ts';

// The configuration as docs/operations.md shows it, made of the table that reads it.

const OPEN = '<!-- config: made by npm run docs:config -->';
const CLOSE = '<!-- /config -->';

type Row = Pick<ConfigRow, 'name' | 'about' | 'default' | 'required' | 'secret'>;

/** The defaults are those of local/platform/settings.ts; a test holds them together. */
export const PLATFORM: readonly Row[] = [
  platform('PORT', '3000', 'Port of the API and its WebSocket.'),
  platform('SMOL_FORGE_PORT', '3001', "Port of the laptop's own forge."),
  platform('SMOL_MODEL_PORT', '3002', 'Port of the scripted model; `make demo` only.'),
  platform(
    'SMOL_DATA_DIR',
    '.smol-gang',
    'Folder that keeps everything, from where it is started; `make demo`: `.smol-gang/demo`.',
  ),
  platform(
    'SMOL_CLOCK_SECONDS',
    '60',
    'How often what is due is looked for, should every message about it be lost.',
  ),
];

/** The rest is told to handlers by whatever starts them. */
const YOURS: readonly SectionName[] = [
  'model',
  'agent',
  'github',
  'webhook',
  'admin',
  'slots',
  'attempt',
  'branch',
  'retention',
  'log',
];
/** In a section of yours, but set by the laptop platform. */
const NOT_YOURS = new Set(['LOG_FILE']);

function platform(name: string, value: string, about: string): Row {
  return { name, about, default: value, required: false, secret: false };
}

export function renderConfig(): string {
  const rows = describeConfig().filter(({ name }) => name !== 'SMOL_DATA_DIR');
  const isYours = ({ section, name }: ConfigRow) => YOURS.includes(section) && !NOT_YOURS.has(name);
  return [
    OPEN,
    'For you:',
    '',
    ...renderTable([...PLATFORM, ...rows.filter(isYours)]),
    '',
    'For handlers; the laptop platform sets these itself, a deployment has to:',
    '',
    ...renderTable(rows.filter((row) => !isYours(row))),
    CLOSE,
  ].join('\n');
}

/** The document with the table made anew. Throws when it has no place for it. */
export function withConfig(document: string): string {
  const start = document.indexOf(OPEN);
  const end = document.indexOf(CLOSE);
  if (start < 0 || end < start) throw new Error('the document has no place for the configuration');
  return document.slice(0, start) + renderConfig() + document.slice(end + CLOSE.length);
}

function renderTable(rows: readonly Row[]): string[] {
  return ['| Variable | Default | |', '| --- | --- | --- |', ...rows.map(renderRow)];
}

function renderRow({ name, about, secret, required, default: value }: Row): string {
  const text = about.replaceAll('|', '\\|');
  const written = value === undefined ? '' : `\`${value}\``;
  return `| \`${name}\` | ${required ? 'required' : written} | ${text}${secret ? ' Secret.' : ''} |`;
}
