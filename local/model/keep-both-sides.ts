/** A file with conflict markers, with both sides kept in their order and a common base (diff3) dropped. */
export function keepBothSides(text: string): string {
  let inBase = false;
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\|{7}( |$)/.test(line)) inBase = true;
    else if (/^={7}$/.test(line)) inBase = false;
    else if (!/^(<{7}|>{7})( |$)/.test(line) && !inBase) kept.push(line);
  }
  return kept.join('\n');
}
