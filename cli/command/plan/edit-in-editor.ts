import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API } from '../../../core/contract/api.ts';
import type { Edit } from '../../../core/contract/plan.ts';
import { CliError, createUsageError } from '../../cli-error.ts';
import type { CommandContext } from '../../define-command.ts';
import { diffGraphs } from '../../graph/diff-graphs.ts';
import { parseGraphFile } from '../../graph/graph-file.ts';
import { formatGraphYaml } from './plan-read-commands.ts';
import type { EditTarget } from './send-edits.ts';

const FILE_HEADER =
  '# The tasks of this plan. Save and close to create a new revision; an unchanged file creates none.\n';

/**
 * Opens the graph in the user's editor and returns the edits. After a mistake in the file, offers to open the editor again.
 *
 * @throws CliError with exit code `usage` without a terminal, without a change, or if the user gives up
 */
export async function editInEditor(context: CommandContext, target: EditTarget): Promise<Edit[]> {
  const { terminal } = context;
  if (!terminal.isInteractive) {
    throw createUsageError(
      'an editor needs a terminal',
      'name a TASK and options such as --title, or give a list of edits with --file',
    );
  }
  const plan = await target.client.call(API.getPlan, { params: { plan: target.plan } });
  const temporaryFolder = await mkdtemp(join(tmpdir(), 'smol-gang-edit-'));
  const path = join(temporaryFolder, `${target.plan}.yaml`);
  try {
    await writeFile(
      path,
      FILE_HEADER + formatGraphYaml({ ...plan, prompt: '' }, target.graph.tasks),
    );
    for (;;) {
      await openEditor(context, path);
      const outcome = await readEdits(path, target);
      if (!(outcome instanceof CliError)) return requireEdits(outcome);
      terminal.printNotes([[outcome.message]]);
      const answer = await terminal.ask('Edit again? [Y/n] ');
      if (/^n/i.test(answer.trim())) throw outcome;
    }
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

/** Returns the edits that lead from the graph to the saved file, or the error that describes mistakes in the file. */
async function readEdits(path: string, target: EditTarget): Promise<Edit[] | CliError> {
  const text = await readFile(path, 'utf8');
  try {
    return diffGraphs(target.graph.tasks, parseGraphFile(text, path).tasks);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

function requireEdits(edits: Edit[]): Edit[] {
  if (edits.length === 0)
    throw createUsageError('the graph is unchanged, so there is no new revision');
  return edits;
}

/** Runs $VISUAL or $EDITOR until it exits. The variable may contain arguments: "code --wait". */
async function openEditor({ host }: CommandContext, path: string): Promise<void> {
  const commandLine = host.env.VISUAL || host.env.EDITOR || 'vi';
  const [program = 'vi', ...args] = commandLine.split(' ').filter((word) => word !== '');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, [...args, path], { stdio: 'inherit', env: { ...host.env } });
    child.on('error', (error) =>
      reject(
        createUsageError(
          `the editor ${program} cannot be started: ${error.message}`,
          'set EDITOR to an installed editor',
        ),
      ),
    );
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          createUsageError(
            `the editor ${program} ${code === null ? 'was killed' : `failed with exit code ${code}`}, so the graph is unchanged`,
          ),
        );
    });
  });
}
