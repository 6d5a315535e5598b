/** Value of a setting of a git configuration file. A setting without `=` has the value `true`. */
export type ConfigEntry = {
  /** Section and name in lower case, joined by a dot; the subsection between them as written. */
  readonly name: string;
  readonly value: string;
};

const SECTION = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/;
const SETTING = /^\s*([A-Za-z][\w-]*)\s*(?:=\s*(.*?))?\s*$/;

/**
 * Parses the settings of a git configuration file, without included files. Reading the file is safe even if git refuses the repository.
 * Escapes and continued lines inside of values stay as written.
 */
export function parseConfig(text: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const heading = SECTION.exec(line);
    if (heading) {
      const [, name = '', subsection] = heading;
      section = name.toLowerCase() + (subsection === undefined ? '' : `.${subsection}`);
    }
    const rest = line.slice(heading?.[0].length ?? 0).replace(/\s[#;].*$|^\s*[#;].*$/, '');
    const setting = SETTING.exec(rest);
    if (setting === null) continue;
    const value = (setting[2] ?? 'true').replace(/^"(.*)"$/, '$1');
    entries.push({ name: `${section}.${setting[1]?.toLowerCase()}`, value });
  }
  return entries;
}
