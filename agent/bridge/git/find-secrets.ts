// Finds texts that look like secrets. The findings name the kind and the line, never the text itself.

/** Kinds of secrets, with the pattern of their texts. */
const SECRET_PATTERNS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['AWS access key', /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/],
  ['Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ['Google API key', /\bAIza[0-9A-Za-z_-]{35}\b/],
  // A digit excludes identifiers, such as names of CSS classes.
  ['API key', /\bsk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}/],
];

/** Text that looks like a secret. */
export type SecretFinding = {
  /** Kind of the secret, for people. */
  readonly name: string;
  /** Line number, from 1. */
  readonly line: number;
  /** Content of the line, only to compare the line with an older version of the file. */
  readonly text: string;
};

/** Returns the first finding of each kind; none for binary content. */
export function findSecrets(content: string): SecretFinding[] {
  if (content.includes('\0')) return [];
  const lines = content.split('\n');
  return SECRET_PATTERNS.flatMap(([name, pattern]) => {
    const index = pattern.test(content) ? lines.findIndex((line) => pattern.test(line)) : -1;
    return index === -1 ? [] : [{ name, line: index + 1, text: lines[index] ?? '' }];
  });
}
