import type { z } from 'zod';
import type { API } from '../../core/contract/api.ts';
import { formatAgo, formatBytes } from './figures.ts';
import type { Line, Style } from './line.ts';
import { styled } from './line.ts';
import { wrap } from './text.ts';

type System = z.infer<typeof API.systemStatus.answer>;
type Doctor = z.infer<typeof API.doctor.answer>;
type Check = Doctor['checks'][number];

/** Slots, disk, isolation; what is paused and until when. */
export function renderSystem(system: System, options: { readonly now: number }): Line[] {
  const { slots, disk } = system;
  const facts = [`smol-gang ${system.version}`, `${slots.used} of ${slots.limit} agents at work`];
  if (disk !== undefined) {
    facts.push(`${formatBytes(disk.dataBytes)} of data, ${formatBytes(disk.freeBytes)} free`);
  }
  const pauses = system.pauses.map((pause): Line => {
    const until = formatAgo(pause.until, options.now);
    return [styled('warn', '! '), `${pause.what} is paused: ${pause.reason}; again ${until}`];
  });
  return [[styled('dim', facts.join(' · '))], [styled('dim', system.isolation)], ...pauses];
}

const CHECKS: Readonly<Record<Check['state'], { glyph: string; style: Style }>> = {
  ok: { glyph: '✓', style: 'good' },
  warning: { glyph: '!', style: 'warn' },
  failed: { glyph: '✗', style: 'bad' },
  skipped: { glyph: '–', style: 'dim' },
};

/** The checks, each with what was found and, where something is wrong, what to do. */
export function renderChecks(checks: readonly Check[], width: number): Line[] {
  const names = Math.min(20, Math.max(0, ...checks.map((check) => check.name.length)));
  return checks.flatMap((check): Line[] => {
    const look = CHECKS[check.state];
    const indent = names + 4;
    const message = wrap(check.message, width - indent).map(
      (text, index): Line =>
        index === 0
          ? [styled(look.style, look.glyph), ' ', check.name.padEnd(names), '  ', text]
          : [' '.repeat(indent), text],
    );
    if (check.advice === undefined) return message;
    const advice = wrap(check.advice, width - indent - 2).map(
      (text, index): Line => [' '.repeat(indent), styled('bold', index === 0 ? '→ ' : '  '), text],
    );
    return [...message, ...advice];
  });
}
