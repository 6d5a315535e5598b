// The head of a push: packet lines `<old> <new> <ref>`, the first with capabilities after a NUL, ended by `0000`.

export type PushCommand = { readonly before: string; readonly after: string; readonly ref: string };

export type PushHead = {
  readonly commands: readonly PushCommand[];
  readonly capabilities: ReadonlySet<string>;
};

export const ABSENT = '0'.repeat(40);

/** `incomplete`: more bytes are needed. `malformed`: this is no push that is understood. */
export function parsePushHead(bytes: Buffer): PushHead | 'incomplete' | 'malformed' {
  const commands: PushCommand[] = [];
  const capabilities = new Set<string>();
  let at = 0;
  for (;;) {
    if (bytes.length < at + 4) return 'incomplete';
    const digits = bytes.toString('latin1', at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return 'malformed';
    const length = Number.parseInt(digits, 16);
    if (length === 0) return { commands, capabilities };
    if (length < 5) return 'malformed';
    if (bytes.length < at + length) return 'incomplete';
    const [line = '', words = ''] = bytes.toString('utf8', at + 4, at + length).split('\0');
    at += length;
    for (const word of words.trim().split(' ').filter(Boolean)) capabilities.add(word);
    if (line.startsWith('shallow ')) continue;
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+?)\n?$/.exec(line);
    const [, before, after, ref] = match ?? [];
    if (before === undefined || after === undefined || ref === undefined) return 'malformed';
    commands.push({ before, after, ref });
  }
}

/** The answer to a push of which no reference was taken; undefined when the client cannot read one. */
export function formatRefusal(
  head: PushHead,
  reasons: ReadonlyMap<string, string>,
): Buffer | undefined {
  if (!head.capabilities.has('report-status') && !head.capabilities.has('report-status-v2')) {
    return undefined;
  }
  const lines = head.commands.map(({ ref }) => {
    const reason = reasons.get(ref) ?? 'another reference of this push was refused';
    return packet(Buffer.from(`ng ${ref} ${reason}\n`));
  });
  const report = Buffer.concat([packet(Buffer.from('unpack ok\n')), ...lines, FLUSH]);
  if (!head.capabilities.has('side-band-64k')) return report;
  // Band 1 carries the report.
  return Buffer.concat([packet(Buffer.concat([Buffer.from([1]), report])), FLUSH]);
}

const FLUSH = Buffer.from('0000');

function packet(content: Buffer): Buffer {
  const length = (content.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length), content]);
}
