import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { listBranchRules } from '../find-violation.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBody, readNumberParam, readParam, selectRequestedPage, sendJson } from '../http.ts';
import { forbidden, HttpError, notFound } from '../http-error.ts';
import type { BranchRule } from '../rules/branch-rules.ts';
import { listRequiredChecks } from '../rules/branch-rules.ts';
import type { RulesetRow } from '../store/row-schema.ts';
import { ruleSchema } from '../store/row-schema.ts';
import { listRulesets } from '../store/ruleset-store.ts';

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
    const rules = listBranchRules(context, c.get('repository'), readParam(c, 'branch'))
      .filter(({ source }) => source.kind === 'ruleset')
      .map(({ rule, source }) => ({
        ...rule,
        ruleset_source_type: 'Repository',
        ruleset_source: c.get('repository').name,
        ruleset_id: source.id,
      }));
    return sendJson(c, selectRequestedPage(c, rules));
  });
  app.get('/repos/:owner/:repo/rulesets', (c) => {
    const rulesets = listRulesets(context.database, c.get('repository'));
    const withoutProtections = rulesets.filter(({ kind }) => kind === 'ruleset');
    return sendJson(c, selectRequestedPage(c, withoutProtections).map(toRulesetJson));
  });
  app.post('/repos/:owner/:repo/rulesets', async (c) => {
    requireAdmin(c);
    const { name, enforcement, conditions, rules } = await readBody(c, newRuleset);
    const { include, exclude } = conditions.ref_name;
    const id = insertRuleset(context, c, 'ruleset', name, { enforcement, include, exclude, rules });
    const created = listRulesets(context.database, c.get('repository')).find(
      (ruleset) => ruleset.id === id,
    );
    if (created === undefined) throw notFound();
    return sendJson(c, toRulesetJson(created), 201);
  });
  app.delete('/repos/:owner/:repo/rulesets/:id', (c) => {
    requireAdmin(c);
    const id = readNumberParam(c, 'id');
    const removed = removeRulesets(
      context,
      c,
      (ruleset) => ruleset.kind === 'ruleset' && ruleset.id === id,
    );
    if (removed === 0) throw notFound();
    return c.body(null, 204);
  });
  addProtectionRoutes(app, context);
}

/** Adds the routes of branch protections, GitHub's older form of rules. The path names a branch or a branch pattern. */
function addProtectionRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  const path = '/repos/:owner/:repo/branches/:branch{.+}/protection';
  app.get(path, (c) => {
    const rules = listBranchRules(context, c.get('repository'), readParam(c, 'branch'))
      .filter(({ source }) => source.kind === 'protection')
      .map(({ rule }) => rule);
    if (rules.length === 0) throw new HttpError(404, 'Branch not protected', { status: '404' });
    return sendJson(c, toProtectionJson(rules));
  });
  app.put(path, async (c) => {
    requireAdmin(c);
    const branch = readParam(c, 'branch');
    const rules = toBranchRules(await readBody(c, newProtection));
    context.database.transaction(() => {
      removeRulesets(
        context,
        c,
        (ruleset) => ruleset.kind === 'protection' && ruleset.name === branch,
      );
      insertRuleset(context, c, 'protection', branch, {
        enforcement: 'active',
        include: [branch],
        exclude: [],
        rules,
      });
    });
    return sendJson(c, toProtectionJson(rules));
  });
  app.delete(path, (c) => {
    requireAdmin(c);
    const branch = readParam(c, 'branch');
    const removed = removeRulesets(
      context,
      c,
      (ruleset) => ruleset.kind === 'protection' && ruleset.name === branch,
    );
    if (removed === 0) throw notFound();
    return c.body(null, 204);
  });
}

function toBranchRules(protection: z.infer<typeof newProtection>): BranchRule[] {
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

function toProtectionJson(rules: readonly BranchRule[]) {
  const reviews = rules.find(({ type }) => type === 'pull_request');
  const checks = rules.find(({ type }) => type === 'required_status_checks');
  const isLinear = rules.some(({ type }) => type === 'required_linear_history');
  return {
    ...(reviews && { required_pull_request_reviews: reviews.parameters }),
    ...(checks && {
      required_status_checks: { strict: false, contexts: listRequiredChecks(checks) },
    }),
    required_linear_history: { enabled: isLinear },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
  };
}

function toRulesetJson({ id, name, body }: RulesetRow) {
  return {
    id,
    name,
    target: 'branch',
    enforcement: body.enforcement,
    conditions: { ref_name: { include: body.include, exclude: body.exclude } },
    rules: body.rules,
  };
}

function insertRuleset(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  kind: RulesetRow['kind'],
  name: string,
  body: RulesetRow['body'],
): number {
  return context.database.insert('ruleset', {
    repository: c.get('repository').id,
    name,
    kind,
    body: JSON.stringify(body),
  });
}

/** Deletes the rulesets and protections for which `shouldRemove` returns true, and returns their number. */
function removeRulesets(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  shouldRemove: (ruleset: RulesetRow) => boolean,
): number {
  const rulesets = listRulesets(context.database, c.get('repository')).filter(shouldRemove);
  for (const { id } of rulesets) context.database.run('delete from ruleset where id = :id', { id });
  return rulesets.length;
}

function requireAdmin(c: Context<ForgeEnv>): void {
  if (c.get('caller').permission !== 'admin') {
    throw forbidden('Must have admin rights to Repository.');
  }
}
