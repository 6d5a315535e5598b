/** Quotes a text for a POSIX shell, so that a printed command can be copied whatever a path or branch contains. */
export function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns the start of a git command for a repository: in the current folder if the path is unknown. */
export function formatGit(path: string | undefined): string {
  return path === undefined ? 'git' : `git -C ${quoteShell(path)}`;
}
