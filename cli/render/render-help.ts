import { EXIT_MEANINGS } from '../cli-error.ts';
import type { Command, CommandGroup, OptionSpecs } from '../define-command.ts';
import { GLOBAL_OPTIONS } from '../define-command.ts';
import type { Line } from './layout/line.ts';
import { joinSections, styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';

const PLAN_ARGUMENT_HELP =
  'PLAN is the id of a plan, or `last` for the plan that was created last. PLAN TASK may be written PLAN/TASK.';

/** Renders the commands of a group, such as `smol-gang plan`. */
export function renderGroupHelp(group: CommandGroup, width: number): Line[] {
  return joinSections([
    ...renderGroups([group]),
    wrapText(
      '`smol-gang COMMAND --help` explains a command; `smol-gang help` lists all commands.',
      width,
    ).map((text): Line => [styleSpan('dim', text)]),
  ]);
}

function renderGroups(groups: readonly CommandGroup[]): Line[][] {
  const nameLengths = groups.flatMap((group) =>
    group.commands.map((command) => command.name.length),
  );
  const nameWidth = Math.max(0, ...nameLengths);
  return groups.map((group): Line[] => [
    [styleSpan('bold', group.title)],
    ...group.commands.map(
      (command): Line => [
        '  ',
        command.name.padEnd(nameWidth),
        '  ',
        styleSpan('dim', command.summary),
      ],
    ),
  ]);
}

/** Renders the commands of all groups, the common options and the exit codes. */
export function renderHelp(groups: readonly CommandGroup[], width: number): Line[] {
  return joinSections([
    [
      [
        styleSpan('bold', 'smol-gang'),
        '  turns a prompt into a graph of tasks for many coding agents, and into one pull request',
      ],
    ],
    ...renderGroups(groups),
    [[styleSpan('bold', 'Options of every command')], ...renderOptions(GLOBAL_OPTIONS, width)],
    renderExitCodes(),
    [
      ...wrapText(PLAN_ARGUMENT_HELP, width).map((text): Line => [styleSpan('dim', text)]),
      [
        styleSpan('dim', '`smol-gang COMMAND --help` explains a command. Start with '),
        'smol-gang run "..." --wait',
      ],
    ],
  ]);
}

/** Renders synopsis, options and details of a command. */
export function renderCommandHelp(command: Command, width: number): Line[] {
  const details = command.details === undefined ? [] : wrapText(command.details, width);
  return joinSections([
    [
      [styleSpan('bold', `smol-gang ${command.name}`), ` ${command.usage}`],
      [styleSpan('dim', command.summary)],
    ],
    renderOptions({ ...command.options, ...GLOBAL_OPTIONS }, width),
    [
      ...details.map((text) => [text]),
      ...(command.usage.includes('PLAN')
        ? wrapText(PLAN_ARGUMENT_HELP, width).map((text): Line => [styleSpan('dim', text)])
        : []),
    ],
  ]);
}

function renderOptions(options: OptionSpecs, width: number): Line[] {
  const rows = Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.value === undefined ? '' : ` ${option.value}`;
    return { synopsis: `${short}--${name}${value}`, help: option.help };
  });
  const synopsisWidth = Math.max(0, ...rows.map(({ synopsis }) => synopsis.length));
  const helpWidth = Math.max(20, width - synopsisWidth - 4);
  return rows.flatMap(({ synopsis, help }) =>
    wrapText(help, helpWidth).map(
      (text, index): Line => [
        '  ',
        (index === 0 ? synopsis : '').padEnd(synopsisWidth),
        '  ',
        styleSpan('dim', text),
      ],
    ),
  );
}

function renderExitCodes(): Line[] {
  return [
    [styleSpan('bold', 'Exit codes')],
    ...EXIT_MEANINGS.map(
      ([code, meaning]): Line => [`  ${String(code).padStart(3)}  `, styleSpan('dim', meaning)],
    ),
  ];
}
