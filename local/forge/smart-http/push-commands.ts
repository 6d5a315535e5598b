// The body of a push starts with a head, which pack data follows. The head consists of a packet line `<old> <new> <ref>` for
// each reference, and ends with `0000`. The first line ends with a NUL and the capabilities of the client.

/** A reference to create, move or delete. `before` is `ZERO_SHA` for a creation; `after` is `ZERO_SHA` for a deletion. */
export type PushCommand = { readonly before: string; readonly after: string; readonly ref: string };

/** The parsed head of a push. */
export type PushHead = {
  readonly commands: readonly PushCommand[];
  readonly capabilities: ReadonlySet<string>;
};

/** Id that means `no commit` in git's protocols. */
export const ZERO_SHA = '0'.repeat(40);

/** Parses the head of a push. `incomplete`: more bytes are needed; `malformed`: the bytes are not a push that git sends. */
export function parsePushHead(bytes: Buffer): PushHead | 'incomplete' | 'malformed' {
  const commands: PushCommand[] = [];
  const capabilities = new Set<string>();
  let offset = 0;
  for (;;) {
    if (bytes.length < offset + 4) return 'incomplete';
    const digits = bytes.toString('latin1', offset, offset + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return 'malformed';
    const length = Number.parseInt(digits, 16);
    if (length === 0) return { commands, capabilities };
    if (length < 5) return 'malformed';
    if (bytes.length < offset + length) return 'incomplete';
    const [line = '', capabilityList = ''] = bytes
      .toString('utf8', offset + 4, offset + length)
      .split('\0');
    offset += length;
    for (const name of capabilityList.trim().split(' ').filter(Boolean)) capabilities.add(name);
    if (line.startsWith('shallow ')) continue;
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+?)\n?$/.exec(line);
    const [, before, after, ref] = match ?? [];
    if (before === undefined || after === undefined || ref === undefined) return 'malformed';
    commands.push({ before, after, ref });
  }
}

/** Formats an answer that refuses every reference of a push; undefined: the client cannot read such an answer. */
export function formatRefusal(
  head: PushHead,
  reasons: ReadonlyMap<string, string>,
): Buffer | undefined {
  if (!head.capabilities.has('report-status') && !head.capabilities.has('report-status-v2')) {
    return undefined;
  }
  const lines = head.commands.map(({ ref }) => {
    const reason = reasons.get(ref) ?? 'another reference of this push was refused';
    return formatPacket(Buffer.from(`ng ${ref} ${reason}\n`));
  });
  const report = Buffer.concat([formatPacket(Buffer.from('unpack ok\n')), ...lines, FLUSH]);
  if (!head.capabilities.has('side-band-64k')) return report;
  // Side band 1 carries the report.
  return Buffer.concat([formatPacket(Buffer.concat([Buffer.from([1]), report])), FLUSH]);
}

const FLUSH = Buffer.from('0000');

function formatPacket(content: Buffer): Buffer {
  const length = (content.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length), content]);
}
