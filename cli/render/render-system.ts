import type { z } from 'zod';
import type { API } from '../../core/contract/api.ts';
import { formatBytes, formatRelativeTime } from './layout/format-figures.ts';
import type { Line, Style } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';

type SystemStatus = z.infer<typeof API.systemStatus.answer>;
type DoctorReport = z.infer<typeof API.doctor.answer>;
type Check = DoctorReport['checks'][number];

/** Renders slots, disk and the pauses of outside systems. The isolation is shown at the start and by `doctor`. */
export function renderSystem(system: SystemStatus, options: { readonly now: number }): Line[] {
  const { slots, disk } = system;
  const facts = [`smol-gang ${system.version}`, `${slots.used} of ${slots.limit} agents running`];
  if (disk !== undefined) {
    facts.push(`${formatBytes(disk.dataBytes)} of data, ${formatBytes(disk.freeBytes)} free`);
  }
  const pauses = system.pauses.map((pause): Line => {
    const until = formatRelativeTime(pause.until, options.now);
    return [
      styleSpan('warn', '! '),
      `${pause.what} is paused: ${pause.reason}; continues ${until}`,
    ];
  });
  return [[styleSpan('dim', facts.join(' · '))], ...pauses];
}

const CHECK_LOOKS: Readonly<
  Record<Check['state'], { readonly glyph: string; readonly style: Style }>
> = {
  ok: { glyph: '✓', style: 'good' },
  warning: { glyph: '!', style: 'warn' },
  failed: { glyph: '✗', style: 'bad' },
  skipped: { glyph: '–', style: 'dim' },
};

/** Renders the checks of `doctor`: for each the message and, for a problem, the advice. */
export function renderChecks(checks: readonly Check[], width: number): Line[] {
  const nameWidth = Math.min(32, Math.max(0, ...checks.map((check) => check.name.length)));
  return checks.flatMap((check): Line[] => {
    const look = CHECK_LOOKS[check.state];
    const indent = nameWidth + 4;
    const message = wrapText(check.message, width - indent).map(
      (text, index): Line =>
        index === 0
          ? [styleSpan(look.style, look.glyph), ' ', check.name.padEnd(nameWidth), '  ', text]
          : [' '.repeat(indent), text],
    );
    if (check.advice === undefined) return message;
    const advice = wrapText(check.advice, width - indent - 2).map(
      (text, index): Line => [
        ' '.repeat(indent),
        styleSpan('bold', index === 0 ? '→ ' : '  '),
        text,
      ],
    );
    return [...message, ...advice];
  });
}
