import { API } from '../../core/contract/api.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { defineCommand } from '../define-command.ts';
import { resolvePlan } from './resolve-plan.ts';

export const openCommand = defineCommand({
  name: 'open',
  summary: 'print the URL of a pull request, and open the page in a browser',
  usage: '[PLAN [TASK]]',
  argumentCount: { min: 0, max: 2 },
  options: {},
  details:
    'PLAN opens the pull request of the whole plan, PLAN TASK that of a task. Without a terminal the command only prints the URL.',
  async run({ host, terminal, client }, [planArgument, task]) {
    const api = await client();
    const plan = await resolvePlan(api, planArgument);
    const url =
      task === undefined
        ? (await api.call(API.getPlan, { params: { plan } })).pulls.find((pull) => pull.url)?.url
        : (await api.call(API.getTask, { params: { plan, task } })).pullRequest?.url;
    if (url === undefined)
      throw new CliError(
        EXIT.notFound,
        'no_pull_request',
        `${task === undefined ? `plan ${plan}` : `task ${task}`} has no pull request yet`,
        { advice: `\`smol-gang status ${plan}\` shows the progress` },
      );
    if (terminal.isJson) terminal.printJson({ url });
    else terminal.printRaw(url);
    if (terminal.isInteractive) host.openBrowser(url);
    return EXIT.done;
  },
});
