// Branch names as the design promises them, read without the engine's help.

export type Branch = { plan: string; run: number } & (
  | { kind: 'root' }
  | { kind: 'task'; task: string }
  | { kind: 'attempt' }
  | { kind: 'scratch' }
);

export function readBranch(name: string): Branch | undefined {
  const match = /^smol-gang\/(p[0-9a-z]{10})-r(\d+)\/(root|([tas])\/(.+))$/.exec(name);
  if (match === null) return undefined;
  const [, plan = '', run = '', rest = '', kind, tail = ''] = match;
  const key = { plan, run: Number(run) };
  if (rest === 'root') return { ...key, kind: 'root' };
  if (kind === 't') return { ...key, kind: 'task', task: tail.replace(/\.\d+$/, '') };
  return { ...key, kind: kind === 'a' ? 'attempt' : 'scratch' };
}

export function rootName(plan: string, run: number): string {
  return `smol-gang/${plan}-r${run}/root`;
}
