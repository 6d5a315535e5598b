import { API } from '../../core/contract/api.ts';
import { EXIT } from '../cli-error.ts';
import { readAll } from '../client.ts';
import { defineCommand } from '../command.ts';
import { formatBytes } from '../render/figures.ts';
import { renderChecks } from '../render/system.ts';
import { renderTable } from '../render/table.ts';
import { planOf } from './plan-word.ts';

/** Model, forge and disk are really asked: a slow endpoint may take its time. */
const DOCTOR_MS = 120_000;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'test model, forge, store and launcher, and say what to do',
  usage: '',
  words: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const api = await client();
    const { checks } = await api.call(API.doctor, {}, { timeoutMs: DOCTOR_MS });
    if (terminal.json) terminal.printJson({ checks });
    else terminal.print(renderChecks(checks, terminal.width));
    return checks.some((check) => check.state === 'failed') ? EXIT.failed : EXIT.done;
  },
});

export const gc = defineCommand({
  name: 'gc',
  summary: 'remove what is past its retention',
  usage: '[--dry-run]',
  words: { min: 0, max: 0 },
  options: { 'dry-run': { type: 'boolean', help: 'only say what would be removed' } },
  async run({ terminal, client }, _words, values) {
    const api = await client();
    const dryRun = values['dry-run'] === true;
    const answer = await api.call(
      API.collectGarbage,
      { body: { dryRun } },
      { timeoutMs: DOCTOR_MS },
    );
    if (terminal.json) {
      terminal.printJson(answer);
      return EXIT.done;
    }
    const rows = answer.removed.map((each) => [
      each.what,
      each.count.toLocaleString('en'),
      formatBytes(each.bytes),
    ]);
    const columns = [
      { header: dryRun ? 'would be removed' : 'removed' },
      { header: 'count', align: 'right' },
      { header: 'size', align: 'right' },
    ] as const;
    if (rows.length === 0) terminal.print([['Nothing is past its retention.']]);
    else terminal.print(renderTable(columns, rows, terminal.width));
    return EXIT.done;
  },
});

export const recover = defineCommand({
  name: 'recover',
  summary: 'look at everything of a plan, or of all active plans, now',
  usage: '[PLAN]',
  words: { min: 0, max: 1 },
  options: {},
  async run({ terminal, client }, [word]) {
    const api = await client();
    const plans: string[] = [];
    if (word !== undefined) plans.push(await planOf(api, word));
    else {
      for (const status of ['planning', 'activating', 'active'] as const) {
        const found = await readAll((cursor) =>
          api.call(API.listPlans, { query: { status, limit: 200, cursor } }),
        );
        plans.push(...found.map((plan) => plan.id));
      }
    }
    const recovered = [];
    for (const plan of plans) {
      recovered.push(await api.call(API.recoverPlan, { params: { plan } }));
    }
    if (terminal.json) terminal.printJson({ plans: recovered });
    else if (plans.length === 0) terminal.print([['No plan is active.']]);
    else
      terminal.print(recovered.map((plan) => [`${plan.id} is being looked at · ${plan.status}`]));
    return EXIT.done;
  },
});

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'where this connects, and as whom',
  usage: '',
  words: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const api = await client();
    const me = await api.call(API.me, {});
    if (terminal.json) terminal.printJson({ url: api.url, ...me });
    else terminal.print([[`${me.email} (${me.role}) at ${api.url}`]]);
    return EXIT.done;
  },
});
