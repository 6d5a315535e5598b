import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { HANDLERS, toFunctionId } from '../../core/topology/handlers.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { RIGHTS, requireRights } from '../../core/topology/rights.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from '../../core/topology/routes.ts';
import { SCHEDULES } from '../../core/topology/schedules.ts';
import { SECTIONS } from '../../functions/config-sections.ts';
import { PLANTED_SECRETS, SECRET_NAME } from '../support/cloud/cloud-settings.ts';
import type { Statement, Template } from '../support/cloud/cloud-template.ts';
import {
  findFunctions,
  findReferencedFunction,
  findReferences,
  findResourcesOfType,
  listStatements,
  readFunctionEnvironment,
  readTemplate,
  requireSingle,
} from '../support/cloud/cloud-template.ts';

// Permissions and secrets of each function, written down a second time for people to review. A change of core/topology/rights.ts
// requires the same change here.

const cloud = inject('cloud');

const ITEM_RIGHTS = 'table: GetItem PutItem UpdateItem DeleteItem Query';
const INDEX_RIGHTS = 'indexes: Query';

const RIGHTS_BY_FUNCTION: Readonly<Record<string, readonly string[]>> = {
  'http-api': [
    ITEM_RIGHTS,
    INDEX_RIGHTS,
    'send: notify plan push reconcile schedule',
    'post to and close connections',
  ],
  'http-doctor': ['table: GetItem PutItem Query', INDEX_RIGHTS, 'send: schedule'],
  'http-attempt': [ITEM_RIGHTS, INDEX_RIGHTS, 'send: notify plan push reconcile schedule'],
  'hook-github': ['table: GetItem PutItem of DELIVERY#*', 'send: reconcile'],
  'ws-connect': [
    'table: GetItem PutItem DeleteItem of access#ticket#* CONNECTION#* access#account#*',
    'table: GetItem of access#users access#tokens',
  ],
  'ws-disconnect': ['table: Query DeleteItem of WATCH#* CONNECTION#* access#account#*'],
  'ws-default': [
    'table: GetItem PutItem UpdateItem Query DeleteItem of WATCH#* CONNECTION#* access#account#*',
    'table: GetItem of access#users access#tokens PLAN#*',
    'post to and close connections',
  ],
  'queue-plan': [
    ITEM_RIGHTS,
    INDEX_RIGHTS,
    'send: notify plan push reconcile schedule',
    'receive: plan',
  ],
  'queue-reconcile': [
    ITEM_RIGHTS,
    INDEX_RIGHTS,
    'send: notify plan push reconcile schedule',
    'receive: reconcile',
  ],
  'queue-schedule': [
    ITEM_RIGHTS,
    INDEX_RIGHTS,
    'send: notify plan push reconcile schedule',
    'receive: schedule',
  ],
  'queue-notify': ['table: PutItem of NOTICES#*', 'receive: notify'],
  'queue-push': [
    'table: Query DeleteItem of WATCH#* CONNECTION#* access#account#*',
    'post to and close connections',
    'receive: push',
  ],
  'cron-resync': [ITEM_RIGHTS, INDEX_RIGHTS, 'send: notify plan push reconcile schedule'],
};

const SECRETS_BY_FUNCTION: Readonly<Record<string, readonly string[]>> = {
  'http-api': ['AUTH_SECRETS', 'GITHUB_TOKEN'],
  'http-doctor': ['AUTH_SECRETS', 'GITHUB_TOKEN', 'MODEL_API_KEY'],
  'http-attempt': ['AUTH_SECRETS', 'GITHUB_TOKEN', 'MODEL_API_KEY'],
  'hook-github': ['GITHUB_WEBHOOK_SECRETS'],
  'queue-plan': ['GITHUB_TOKEN', 'MODEL_API_KEY'],
  'queue-reconcile': ['AUTH_SECRETS', 'GITHUB_TOKEN'],
  'queue-schedule': ['AUTH_SECRETS'],
  'cron-resync': ['AUTH_SECRETS', 'GITHUB_TOKEN'],
};

describe.skipIf(cloud === null)('the rights of functions', () => {
  const folder = cloud?.templates ?? '';
  const platform = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'platform');
  const storage = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'storage');
  const functions = [...findFunctions(platform)];

  test("are the listed permissions and write access to the function's own log", () => {
    const permissions = functions.map(([id, fn]) => {
      const statements = listStatements(platform, fn);
      const logStatements = statements.filter(isLogStatement);
      const otherStatements = statements.filter((statement) => !isLogStatement(statement));
      const log = requireSingle(findReferences(fn.Properties.LoggingConfig));
      expect(requireSingle(logStatements).Resource, id).toEqual([{ 'Fn::GetAtt': [log, 'Arn'] }]);
      return [
        id,
        otherStatements.map((statement) => describeStatement(platform, statement)).toSorted(),
      ];
    });

    const listed = Object.entries(RIGHTS_BY_FUNCTION).map(([id, list]) => [
      id,
      [...list].toSorted(),
    ]);
    expect(Object.fromEntries(permissions)).toEqual(Object.fromEntries(listed));
  });

  test('belong to a separate role for each function, without managed or inline policies', () => {
    const roles = functions.map(([, fn]) => requireSingle(findReferences(fn.Properties.Role)));

    expect(new Set(roles).size).toBe(HANDLERS.length);
    for (const { logicalId, Properties } of findResourcesOfType(platform, 'AWS::IAM::Role')) {
      if (!roles.includes(logicalId)) continue;
      expect(Properties.ManagedPolicyArns).toBeUndefined();
      expect(Properties.Policies).toBeUndefined();
    }
  });

  test('allow calls only by the gateway and by the schedule of the function', () => {
    const callers = findResourcesOfType(platform, 'AWS::Lambda::Permission').map(
      ({ Properties }) => {
        expect(Properties.SourceArn).toBeDefined();
        return `${String(Properties.Principal)} calls ${findReferencedFunction(platform, Properties.FunctionName)}`;
      },
    );

    const gateway = [...HTTP_FUNCTIONS, ...SOCKET_ROUTES].map(
      ({ handler }) => `apigateway.amazonaws.com calls ${toFunctionId(handler)}`,
    );
    const schedules = SCHEDULES.map(
      ({ handler }) => `events.amazonaws.com calls ${toFunctionId(handler)}`,
    );
    expect(callers.toSorted()).toEqual([...gateway, ...schedules].toSorted());
    expect(findResourcesOfType(platform, 'AWS::Lambda::Url')).toEqual([]);
  });

  test('the environment of each function refers only to the listed secrets', () => {
    const secretVariables = new Set(listSecretVariables());

    const secrets = functions.map(([id, fn]) => {
      const secretEntries = Object.entries(readFunctionEnvironment(fn)).filter(([name]) =>
        secretVariables.has(name),
      );
      for (const [name, value] of secretEntries)
        expect(value).toBe(`{{resolve:secretsmanager:${SECRET_NAME}:SecretString:${name}::}}`);
      return [id, secretEntries.map(([name]) => name).toSorted()];
    });

    const emptyLists = HANDLERS.map((handler) => [toFunctionId(handler), []]);
    expect(Object.fromEntries(secrets)).toEqual({
      ...Object.fromEntries(emptyLists),
      ...SECRETS_BY_FUNCTION,
    });
  });

  test('the environment of each function contains only the variables of its configuration sections', () => {
    for (const [id, fn] of functions) {
      const handler = requireSingle(HANDLERS.filter((candidate) => toFunctionId(candidate) === id));
      const sections = Object.entries(SECTIONS).filter(([name]) =>
        requireRights(handler).config.includes(name),
      );
      const declared = sections.flatMap(([, { variables }]) =>
        Object.values(variables).map(({ env }) => env),
      );
      const names = Object.keys(readFunctionEnvironment(fn)).filter(
        (name) => !name.startsWith('SST_'),
      );

      expect(sections, id).toHaveLength(requireRights(handler).config.length);
      expect(names.filter((name) => !declared.includes(name))).toEqual([
        'AWS_NODEJS_CONNECTION_REUSE_ENABLED',
      ]);
    }
  });

  test('allow a function to send to exactly the queues whose messages its code constructs', () => {
    const sends = HANDLERS.map((handler) => {
      const code = readFileSync(
        join(cloud?.bundles ?? '', toFunctionId(handler), 'index.mjs'),
        'utf8',
      );
      return [toFunctionId(handler), findQueueNames(code)];
    });

    const declared = HANDLERS.map((handler) => [
      toFunctionId(handler),
      [...requireRights(handler).sends].toSorted(),
    ]);
    expect(Object.fromEntries(sends)).toEqual(Object.fromEntries(declared));
  });

  test('no template and no bundle contains a planted secret', () => {
    const texts = [
      storage.text,
      platform.text,
      ...readdirSync(cloud?.bundles ?? '', { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.mjs'))
        .map((name) => readFileSync(join(cloud?.bundles ?? '', name), 'utf8')),
    ];

    expect(texts).toHaveLength(2 + HANDLERS.length);
    for (const secret of Object.values(PLANTED_SECRETS))
      for (const text of texts) expect(text.includes(secret)).toBe(false);
  });

  test('every secret variable has a planted value to search for', () => {
    expect(listSecretVariables().toSorted()).toEqual(Object.keys(PLANTED_SECRETS).toSorted());
  });
});

test('every handler has an entry in RIGHTS, and every entry has a handler', () => {
  expect(Object.keys(RIGHTS).toSorted()).toEqual(HANDLERS.toSorted());
});

const EMPTY_TEMPLATE: Template = { text: '', resources: [] };

function listSecretVariables(): string[] {
  return Object.values(SECTIONS)
    .flatMap(({ variables }) => Object.values(variables))
    .filter((variable) => variable.secret)
    .map(({ env }) => env);
}

function isLogStatement({ Action }: Statement): boolean {
  return Action.every((action) => action.startsWith('logs:'));
}

const RECEIVE_ACTIONS = [
  'sqs:ReceiveMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueUrl',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
];

/** Describes a statement in a line. An unknown statement becomes JSON, so the comparison with the expected lists fails. */
function describeStatement(template: Template, statement: Statement): string {
  const { Action, Resource, Condition } = statement;
  const actions = Action.join(' ');
  const names = Resource.map((resource) => nameResource(template, resource)).toSorted();
  const targets = names.join(' ');
  if (actions === RECEIVE_ACTIONS.join(' ')) return `receive: ${targets}`;
  if (actions === 'sqs:SendMessage') return `send: ${targets}`;
  if (actions === 'execute-api:ManageConnections' && targets === 'close post')
    return 'post to and close connections';
  const operations = actions.replaceAll('dynamodb:', '');
  const keys = z
    .object({
      'ForAllValues:StringLike': z.object({ 'dynamodb:LeadingKeys': z.array(z.string()) }),
    })
    .safeParse(Condition);
  if (Condition === undefined) return `${targets}: ${operations}`;
  if (!keys.success) return JSON.stringify(statement);
  return `${targets}: ${operations} of ${keys.data['ForAllValues:StringLike']['dynamodb:LeadingKeys'].join(' ')}`;
}

function nameResource(template: Template, resource: unknown): string {
  const text = JSON.stringify(resource);
  const table = '"Fn::ImportValue":"test-smol-gang-storage:ExportsOutputFnGetAtttableTable';
  if (text.startsWith(`{${table}`)) return 'table';
  if (text.includes(table) && text.endsWith('"/index/*"]]}')) return 'indexes';
  if (text.endsWith('"/test/POST/@connections/*"]]}')) return 'post';
  if (text.endsWith('"/test/DELETE/@connections/*"]]}')) return 'close';
  const queue = findResourcesOfType(template, 'AWS::SQS::Queue').find(
    ({ logicalId }) => text === `{"Fn::GetAtt":["${logicalId}","Arn"]}`,
  );
  return String(queue?.Properties.QueueName ?? text).replace('test-smol-gang-platform-', '');
}

/**
 * Finds the names of the queues whose messages minified code constructs. Ignores `pod_ended`, which only the launcher of a laptop
 * sends.
 */
function findQueueNames(code: string): string[] {
  const literals = [...code.matchAll(/type:([^,{}]*),v:1/g)].flatMap(([, expression = '']) =>
    [...expression.matchAll(/"(\w+)"/g)].map(([, literal = '']) => literal),
  );
  const queues = QUEUES.filter(({ types }) =>
    types.some((type) => type !== 'pod_ended' && literals.includes(type)),
  );
  return queues.map(({ name }) => name).toSorted();
}
