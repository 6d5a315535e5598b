/** A line of a configuration file that is not a setting, with its number from 1. */
export type EnvFileProblem = { readonly line: number; readonly message: string };

/** Settings of a configuration file, and its lines that cannot be understood. */
export type EnvFile = {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly EnvFileProblem[];
};

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s;
const NOT_A_SETTING = 'is not a setting: write NAME=value, or start a comment with #';

/**
 * Parses a file of lines NAME=value, as `sh` would read them, but without expansion of $NAME and without commands. A value may
 * stand in quotes and then contain # and line breaks; in double quotes, \n stands for a line break. The last line of a name wins.
 */
export function parseEnvFile(text: string): EnvFile {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  const values: Record<string, string> = {};
  const problems: EnvFileProblem[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    const content = (lines[index] ?? '').trim();
    if (content === '' || content.startsWith('#')) continue;
    const [, name, start = ''] = ASSIGNMENT.exec(content) ?? [];
    if (name === undefined) {
      problems.push({ line, message: NOT_A_SETTING });
      continue;
    }
    const isQuoted = start.startsWith('"') || start.startsWith("'");
    let value = isQuoted ? parseQuotedValue(start) : parsePlainValue(start);
    let followingText = start;
    for (let next = index + 1; value === undefined && next < lines.length; next += 1) {
      followingText = `${followingText}\n${lines[next]}`;
      value = parseQuotedValue(followingText);
      if (value !== undefined) index = next;
    }
    if (value === undefined)
      problems.push({ line, message: `${name} has an opening quote without its closing quote` });
    else values[name] = value;
  }
  return { values, problems };
}

/** Parses a value in quotes, which only a comment may follow; undefined if its closing quote is missing. */
function parseQuotedValue(text: string): string | undefined {
  const single = /^'([^']*)'\s*(?:#[^\n]*)?$/.exec(text)?.[1];
  if (single !== undefined) return single;
  const double = /^"((?:[^"\\]|\\[\s\S])*)"\s*(?:#[^\n]*)?$/.exec(text)?.[1];
  return double?.replace(/\\([\s\S])/g, (escaped, character: string) => {
    if (character === 'n') return '\n';
    return character === '"' || character === '\\' ? character : escaped;
  });
}

/** Parses a value without quotes. A comment starts at a # after white space. */
function parsePlainValue(text: string): string {
  return text.replace(/(?:^|\s)#.*$/, '').trim();
}
