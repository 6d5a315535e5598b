/** GitHub's branch patterns: `*` stays inside a path segment, `**` followed by a slash does not, `?` is one character. */
export function matchesPattern(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*\*\/|\*+|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (/^\*+$/.test(part)) return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`).test(branch);
}
