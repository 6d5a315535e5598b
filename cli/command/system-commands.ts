import { API } from '../../core/contract/api.ts';
import { EXIT } from '../cli-error.ts';
import { readAllPages } from '../client/client.ts';
import { defineCommand } from '../define-command.ts';
import { formatBytes } from '../render/layout/format-figures.ts';
import { renderTable } from '../render/layout/render-table.ts';
import { renderChecks } from '../render/render-system.ts';
import { confirmAction, YES_OPTION } from './confirm-action.ts';
import { resolvePlan } from './resolve-plan.ts';

/** Timeout of `doctor` and `gc`, during which the server calls the model and the forge or deletes much data. */
const SYSTEM_CALL_TIMEOUT_MS = 120_000;

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check model, forge, store and launcher, with advice for each problem',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const api = await client();
    const { checks } = await api.call(API.doctor, {}, { timeoutMs: SYSTEM_CALL_TIMEOUT_MS });
    if (terminal.isJson) terminal.printJson({ checks });
    else terminal.printLines(renderChecks(checks, terminal.width));
    return checks.some((check) => check.state === 'failed') ? EXIT.failed : EXIT.done;
  },
});

export const gcCommand = defineCommand({
  name: 'gc',
  summary: 'delete data that is older than its retention time',
  usage: '[--dry-run | --yes]',
  argumentCount: { min: 0, max: 0 },
  options: {
    'dry-run': { type: 'boolean', help: 'only list the data, delete nothing' },
    ...YES_OPTION,
  },
  async run({ terminal, client }, _args, values) {
    const dryRun = values['dry-run'] === true;
    if (!dryRun) {
      const question =
        'Delete the data that is older than its retention time? --dry-run lists the data.';
      await confirmAction({ terminal }, values, question);
    }
    const api = await client();
    const answer = await api.call(
      API.collectGarbage,
      { body: { dryRun } },
      { timeoutMs: SYSTEM_CALL_TIMEOUT_MS },
    );
    if (terminal.isJson) {
      terminal.printJson(answer);
      return EXIT.done;
    }
    const rows = answer.removed.map((entry) => [
      entry.what,
      entry.count.toLocaleString('en'),
      formatBytes(entry.bytes),
    ]);
    const columns = [
      { header: dryRun ? 'would be removed' : 'removed' },
      { header: 'count', align: 'right' },
      { header: 'size', align: 'right' },
    ] as const;
    if (rows.length === 0) terminal.printLines([['There is nothing to delete.']]);
    else terminal.printLines(renderTable(columns, rows, terminal.width));
    return EXIT.done;
  },
});

export const recoverCommand = defineCommand({
  name: 'recover',
  summary: 'continue parked work of a plan, or of all active plans, at once',
  usage: '[PLAN]',
  argumentCount: { min: 0, max: 1 },
  options: {},
  async run({ terminal, client }, [planArgument]) {
    const api = await client();
    const planIds: string[] = [];
    if (planArgument !== undefined) planIds.push(await resolvePlan(api, planArgument));
    else {
      for (const status of ['planning', 'activating', 'active'] as const) {
        const plansInStatus = await readAllPages((cursor) =>
          api.call(API.listPlans, { query: { status, limit: 200, cursor } }),
        );
        planIds.push(...plansInStatus.map((plan) => plan.id));
      }
    }
    const recovered = [];
    for (const plan of planIds) {
      recovered.push(await api.call(API.recoverPlan, { params: { plan } }));
    }
    if (terminal.isJson) terminal.printJson({ plans: recovered });
    else if (planIds.length === 0) terminal.printLines([['No plan is active.']]);
    else
      terminal.printLines(
        recovered.map((plan) => [`plan ${plan.id} continues parked work · ${plan.status}`]),
      );
    return EXIT.done;
  },
});

export const whoamiCommand = defineCommand({
  name: 'whoami',
  summary: 'show the URL in use and the signed-in user',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const api = await client();
    const me = await api.call(API.me, {});
    if (terminal.isJson) terminal.printJson({ url: api.url, ...me });
    else terminal.printLines([[`${me.email} (${me.role}) at ${api.url}`]]);
    return EXIT.done;
  },
});
