import { EXIT_MEANING } from '../cli-error.ts';
import type { CommandGroup } from '../command/table.ts';
import type { Command, Options } from '../command.ts';
import { GLOBAL_OPTIONS } from '../command.ts';
import type { Line } from './line.ts';
import { styled } from './line.ts';
import { joinSections } from './plan-view.ts';
import { renderTable } from './table.ts';
import { wrap } from './text.ts';

/** All commands, or those of one group ("plan"). */
export function renderHelp(groups: readonly CommandGroup[], width: number): Line[] {
  const names = groups.flatMap((group) => group.commands.map((command) => command.name.length));
  const room = Math.max(0, ...names);
  const sections = groups.map((group): Line[] => [
    [styled('bold', group.title)],
    ...group.commands.map(
      (command): Line => ['  ', command.name.padEnd(room), '  ', styled('dim', command.summary)],
    ),
  ]);
  return joinSections([
    [
      [
        styled('bold', 'smol-gang'),
        '  hands a prompt to many coding agents and brings back one pull request',
      ],
    ],
    ...sections,
    [[styled('bold', 'Everywhere')], ...optionLines(GLOBAL_OPTIONS, width)],
    exitLines(),
    [
      [
        styled('dim', 'smol-gang COMMAND --help says more. Start with  '),
        'smol-gang run --prompt "..." --wait',
      ],
    ],
  ]);
}

export function renderCommandHelp(command: Command, width: number): Line[] {
  const details = command.details === undefined ? [] : wrap(command.details, width);
  return joinSections([
    [
      [styled('bold', `smol-gang ${command.name}`), ` ${command.usage}`],
      [styled('dim', command.summary)],
    ],
    optionLines({ ...command.options, ...GLOBAL_OPTIONS }, width),
    details.map((text) => [text]),
  ]);
}

function optionLines(options: Options, width: number): Line[] {
  const rows = Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.value === undefined ? '' : ` ${option.value}`;
    return [`${short}--${name}${value}`, styled('dim', option.help)];
  });
  return renderTable([{ header: '' }, { header: '', shrinks: true }], rows, width, '  ');
}

function exitLines(): Line[] {
  return [
    [styled('bold', 'Exit codes')],
    ...EXIT_MEANING.map(
      ([code, meaning]): Line => [`  ${String(code).padStart(3)}  `, styled('dim', meaning)],
    ),
  ];
}
