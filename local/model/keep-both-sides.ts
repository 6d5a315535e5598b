/** Removes conflict markers: keeps both sides in order and drops the common base of a diff3 conflict. */
export function keepBothSides(text: string): string {
  let isInBase = false;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\|{7}( |$)/.test(line)) isInBase = true;
    else if (/^={7}$/.test(line)) isInBase = false;
    else if (!/^(<{7}|>{7})( |$)/.test(line) && !isInBase) lines.push(line);
  }
  return lines.join('\n');
}
