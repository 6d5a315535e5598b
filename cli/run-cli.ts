import type { ExitCode } from './cli-error.ts';
import { CliError, createUsageError, EXIT } from './cli-error.ts';
import type { Client } from './client/client.ts';
import { connectClient } from './client/connect-client.ts';
import type { CommandGroup } from './command/command-table.ts';
import { COMMAND_GROUPS, COMMANDS } from './command/command-table.ts';
import type { Command, CommandContext, GlobalValues } from './define-command.ts';
import { findClosest } from './find-closest.ts';
import type { Host } from './host.ts';
import { styleSpan } from './render/layout/line.ts';
import { renderCommandHelp, renderHelp } from './render/render-help.ts';
import type { Terminal } from './terminal.ts';
import { createTerminal } from './terminal.ts';

/** Runs one command line; answers its exit code. Whatever goes wrong is said on stderr, and in JSON on stdout if asked. */
export async function runCli(args: readonly string[], host: Host): Promise<ExitCode> {
  const terminal = createTerminal(host, args.includes('--json'));
  try {
    return await dispatchCommand(args, host, terminal);
  } catch (error) {
    return printError(error, terminal);
  }
}

async function dispatchCommand(
  args: readonly string[],
  host: Host,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = findCommand(args);
  if ('help' in found) {
    terminal.printLines(renderHelp(found.help, terminal.width));
    return EXIT.done;
  }
  const { command, rest } = found;
  const prepared = command.prepare(rest);
  if (prepared.globals.help === true) {
    terminal.printLines(renderCommandHelp(command, terminal.width));
    return EXIT.done;
  }
  return prepared.run(createContext(host, terminal, prepared.globals));
}

function createContext(host: Host, terminal: Terminal, globals: GlobalValues): CommandContext {
  let client: Promise<Client> | undefined;
  function verbose(text: string): void {
    if (globals.verbose === true) terminal.printNotes([[styleSpan('dim', text)]]);
  }
  return {
    host,
    terminal,
    url: globals.url,
    verbose,
    client() {
      client ??= connectClient(host, {
        url: globals.url,
        printNote: (text) => terminal.printNotes([[styleSpan('warn', '! '), text]]),
        printVerbose: verbose,
      });
      return client;
    },
  };
}

type FoundCommand =
  | { readonly command: Command; readonly rest: readonly string[] }
  | { readonly help: readonly CommandGroup[] };

/** A command is one word or two; `help` and `--help` may stand before or instead. */
function findCommand(args: readonly string[]): FoundCommand {
  const [first, second] = args;
  if (first === undefined || first === '--help' || first === '-h') return { help: COMMAND_GROUPS };
  if (first === 'help') {
    return args.length === 1 ? { help: COMMAND_GROUPS } : findCommand([...args.slice(1), '--help']);
  }
  for (const [name, length] of [
    [`${first} ${second ?? ''}`, 2],
    [first, 1],
  ] as const) {
    const command = COMMANDS.find((each) => each.name === name);
    if (command !== undefined) return { command, rest: args.slice(length) };
  }
  const group = findGroup(first);
  if (group !== undefined && (second === undefined || /^(-h|--help)$/.test(second))) {
    return { help: [group] };
  }
  throw createUnknownCommandError(first, group === undefined ? undefined : second);
}

function findGroup(word: string): CommandGroup | undefined {
  const commands = COMMANDS.filter((command) => command.name.startsWith(`${word} `));
  const [first] = commands;
  const home = COMMAND_GROUPS.find(
    (group) => first !== undefined && group.commands.includes(first),
  );
  return home === undefined ? undefined : { title: home.title, commands };
}

function createUnknownCommandError(first: string, second: string | undefined): CliError {
  const typed = second === undefined ? first : `${first} ${second}`;
  const names = COMMANDS.map((command) => command.name);
  const near = findClosest(typed, names);
  const advice = near === undefined ? '`smol-gang help` lists them' : `did you mean \`${near}\`?`;
  return createUsageError(`there is no command "${typed}"`, advice);
}

function printError(error: unknown, terminal: Terminal): ExitCode {
  const known = error instanceof CliError ? error : createUnexpectedError(error);
  if (terminal.isJson) {
    const { code, message, advice, details, exitCode } = known;
    terminal.printJson({ error: { code, message, advice, details, exitCode } });
  }
  const [first = '', ...more] = known.message.split('\n');
  terminal.printNotes([
    [styleSpan('bad', '✗ '), first],
    ...more.map((line) => [line]),
    ...(known.advice === undefined ? [] : [['  ', styleSpan('dim', known.advice)]]),
  ]);
  return known.exitCode;
}

function createUnexpectedError(error: unknown): CliError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError(EXIT.failed, 'bug', `this should not have happened:\n${text}`, {
    cause: error,
  });
}
