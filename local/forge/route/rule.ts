import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, numberParam, param, readBody, takePageOfAll } from '../http.ts';
import { forbidden, notFound, Problem } from '../problem.ts';
import { listRulesets, requiredChecks, rulesOf } from '../rule.ts';
import type { Rule, RulesetRow } from '../store/row-schema.ts';
import { ruleSchema } from '../store/row-schema.ts';

const newRuleset = z.object({
  name: z.string().min(1),
  target: z.literal('branch').default('branch'),
  enforcement: z.enum(['active', 'disabled', 'evaluate']),
  conditions: z.object({
    ref_name: z.object({ include: z.array(z.string()), exclude: z.array(z.string()).default([]) }),
  }),
  rules: z.array(ruleSchema),
});
const newProtection = z.object({
  required_status_checks: z.object({ contexts: z.array(z.string()).default([]) }).nullish(),
  required_pull_request_reviews: z
    .object({ required_approving_review_count: z.number().int().default(1) })
    .nullish(),
  required_linear_history: z.boolean().nullish(),
});

export function addRuleRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/rules/branches/:branch{.+}', (c) => {
    const rules = rulesOf(context, c.get('repository'), param(c, 'branch'))
      .filter(({ source }) => source.kind === 'ruleset')
      .map(({ rule, source }) => ({
        ...rule,
        ruleset_source_type: 'Repository',
        ruleset_source: c.get('repository').name,
        ruleset_id: source.id,
      }));
    return json(c, takePageOfAll(c, rules));
  });
  app.get('/repos/:owner/:repo/rulesets', (c) => {
    const rulesets = listRulesets(context, c.get('repository'));
    const own = rulesets.filter(({ kind }) => kind === 'ruleset');
    return json(c, takePageOfAll(c, own).map(wireRuleset));
  });
  app.post('/repos/:owner/:repo/rulesets', async (c) => {
    requireAdmin(c);
    const { name, enforcement, conditions, rules } = await readBody(c, newRuleset);
    const { include, exclude } = conditions.ref_name;
    const id = insert(context, c, 'ruleset', name, { enforcement, include, exclude, rules });
    const created = listRulesets(context, c.get('repository')).find((row) => row.id === id);
    if (created === undefined) throw notFound();
    return json(c, wireRuleset(created), 201);
  });
  app.delete('/repos/:owner/:repo/rulesets/:id', (c) => {
    requireAdmin(c);
    remove(context, c, (row) => row.kind === 'ruleset' && row.id === numberParam(c, 'id'));
    return c.body(null, 204);
  });
  addProtectionRoutes(app, context);
}

/** Protection of one branch, or of a pattern: the older way, kept apart as on GitHub. */
function addProtectionRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  const path = '/repos/:owner/:repo/branches/:branch{.+}/protection';
  app.get(path, (c) => {
    const rules = rulesOf(context, c.get('repository'), param(c, 'branch'))
      .filter(({ source }) => source.kind === 'protection')
      .map(({ rule }) => rule);
    if (rules.length === 0) throw new Problem(404, 'Branch not protected', { status: '404' });
    return json(c, wireProtection(rules));
  });
  app.put(path, async (c) => {
    requireAdmin(c);
    const branch = param(c, 'branch');
    const rules = toRules(await readBody(c, newProtection));
    context.rows.together(() => {
      remove(context, c, (row) => row.kind === 'protection' && row.name === branch, true);
      insert(context, c, 'protection', branch, {
        enforcement: 'active',
        include: [branch],
        exclude: [],
        rules,
      });
    });
    return json(c, wireProtection(rules));
  });
  app.delete(path, (c) => {
    requireAdmin(c);
    remove(context, c, (row) => row.kind === 'protection' && row.name === param(c, 'branch'));
    return c.body(null, 204);
  });
}

function toRules(protection: z.infer<typeof newProtection>): Rule[] {
  const reviews = protection.required_pull_request_reviews;
  const checks = protection.required_status_checks;
  return [
    ...(reviews ? [{ type: 'pull_request', parameters: { ...reviews } }] : []),
    ...(checks
      ? [
          {
            type: 'required_status_checks',
            parameters: {
              required_status_checks: checks.contexts.map((name) => ({ context: name })),
            },
          },
        ]
      : []),
    ...(protection.required_linear_history ? [{ type: 'required_linear_history' }] : []),
  ];
}

export function wireProtection(rules: readonly Rule[]) {
  const reviews = rules.find(({ type }) => type === 'pull_request');
  const checks = rules.find(({ type }) => type === 'required_status_checks');
  const isLinear = rules.some(({ type }) => type === 'required_linear_history');
  return {
    ...(reviews && { required_pull_request_reviews: reviews.parameters }),
    ...(checks && { required_status_checks: { strict: false, contexts: requiredChecks(checks) } }),
    required_linear_history: { enabled: isLinear },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
  };
}

function wireRuleset({ id, name, body }: RulesetRow) {
  return {
    id,
    name,
    target: 'branch',
    enforcement: body.enforcement,
    conditions: { ref_name: { include: body.include, exclude: body.exclude } },
    rules: body.rules,
  };
}

function insert(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  kind: RulesetRow['kind'],
  name: string,
  body: RulesetRow['body'],
): number {
  return context.rows.insert('ruleset', {
    repository: c.get('repository').id,
    name,
    kind,
    body: JSON.stringify(body),
  });
}

function remove(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  isMeant: (row: RulesetRow) => boolean,
  mayBeMissing = false,
): void {
  const found = listRulesets(context, c.get('repository')).filter(isMeant);
  if (found.length === 0 && !mayBeMissing) throw notFound();
  for (const { id } of found) context.rows.run('delete from ruleset where id = :id', { id });
}

function requireAdmin(c: Context<ForgeEnv>): void {
  if (c.get('caller').permission !== 'admin') {
    throw forbidden('Must have admin rights to Repository.');
  }
}
