import { readdirSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { HANDLERS, toFunctionId } from '../../core/topology/handlers.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from '../../core/topology/routes.ts';
import { SCHEDULES } from '../../core/topology/schedules.ts';
import { TABLE } from '../../core/topology/table.ts';
import { STAGE } from '../support/cloud/cloud-settings.ts';
import type { Resource } from '../support/cloud/cloud-template.ts';
import {
  findFunctions,
  findReferencedFunction,
  findReferences,
  findResourcesOfType,
  readTemplate,
  requireSingle,
} from '../support/cloud/cloud-template.ts';
import { findCycle } from '../support/cloud/find-cycle.ts';
import { sortRows } from '../support/cloud/template-rows.ts';

// Compares the templates with core/topology: each entry has its resource, and there are no other resources of these types.

const cloud = inject('cloud');

describe.skipIf(cloud === null)('the templates', () => {
  const folder = cloud?.templates ?? '';
  const storage = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'storage');
  const platform = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'platform');

  test('are one template for the table and one for everything else', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });

    const templates = files.filter((name) => name.endsWith('.template.json'));
    expect(templates.toSorted()).toEqual(
      ['platform', 'storage'].map((name) => `${STAGE}-smol-gang-${name}.template.json`),
    );
  });

  test('declare the table with the keys, indexes and expiry of the topology', () => {
    const { Properties, DeletionPolicy } = requireSingle(
      findResourcesOfType(storage, 'AWS::DynamoDB::Table'),
    );

    const types: Record<string, string> = { [TABLE.pk]: 'S', [TABLE.sk]: 'S' };
    for (const { hash, range } of TABLE.indexes)
      Object.assign(types, { [hash]: 'S', [range]: 'N' });
    expect(Properties.KeySchema).toEqual(createKeySchema(TABLE.pk, TABLE.sk));
    expect(sortRows(Properties.AttributeDefinitions)).toEqual(
      sortRows(
        Object.entries(types).map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
      ),
    );
    expect(Properties.GlobalSecondaryIndexes).toEqual(
      TABLE.indexes.map(({ name, hash, range, projects }) => ({
        IndexName: name,
        KeySchema: createKeySchema(hash, range),
        Projection:
          projects === 'all'
            ? { ProjectionType: 'ALL' }
            : { ProjectionType: 'INCLUDE', NonKeyAttributes: projects },
      })),
    );
    expect(Properties.LocalSecondaryIndexes).toBeUndefined();
    expect(Properties.StreamSpecification).toBeUndefined();
    expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: TABLE.ttl, Enabled: true });
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(DeletionPolicy).toBe('Retain');
    expect(findResourcesOfType(platform, 'AWS::DynamoDB::Table')).toEqual([]);
  });

  test('connect exactly the routes of the contract to their functions', () => {
    const [http, socket] = listApis(platform);
    const routes = findResourcesOfType(platform, 'AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => ({
        api:
          requireSingle(findReferences(Properties.ApiId)) === http?.logicalId ? 'http' : 'socket',
        route: Properties.RouteKey,
        function: findIntegratedFunction(platform, Properties.Target),
        authorization: Properties.AuthorizationType ?? 'NONE',
      }),
    );

    const expected = [
      ...HTTP_FUNCTIONS.flatMap(({ handler, routes: rows }) =>
        Object.values(rows).map(({ method, path }) =>
          createExpectedRoute('http', `${method} ${path}`, handler),
        ),
      ),
      ...SOCKET_ROUTES.map((row) => createExpectedRoute('socket', row.route, row.handler)),
    ];
    expect(socket).toBeDefined();
    expect(sortRows(routes)).toEqual(sortRows(expected));
  });

  test('throttle all routes, and public routes to lower rates', () => {
    const stages = findResourcesOfType(platform, 'AWS::ApiGatewayV2::Stage').map(
      ({ Properties }) => Properties,
    );
    const http = requireSingle(stages.filter(({ StageName }) => StageName === '$default'));

    const publicRoutes = HTTP_ROUTES.filter(({ access }) => access === 'public').map(
      ({ method, path }) => [
        `${method} ${path}`,
        { ThrottlingBurstLimit: 40, ThrottlingRateLimit: 20 },
      ],
    );
    expect(http.RouteSettings).toEqual(Object.fromEntries(publicRoutes));
    for (const { DefaultRouteSettings, AccessLogSettings } of stages) {
      expect(throttleSchema.safeParse(DefaultRouteSettings).success).toBe(true);
      expect(AccessLogSettings).toBeDefined();
    }
  });

  test('declare one function for each handler, and one helper function of SST in each stack', () => {
    const functions = findFunctions(platform);

    const timeouts = new Map<string, number>([
      ...HTTP_FUNCTIONS.map((row) => [toFunctionId(row.handler), row.timeoutSeconds] as const),
      ...QUEUES.map((row) => [toFunctionId(row.handler), row.timeoutSeconds] as const),
      ...SCHEDULES.map((row) => [toFunctionId(row.handler), row.timeoutSeconds] as const),
      ...SOCKET_ROUTES.map((row) => [toFunctionId(row.handler), 10] as const),
    ]);
    expect([...functions.keys()].toSorted()).toEqual(HANDLERS.map(toFunctionId).toSorted());
    for (const [id, { Properties }] of functions)
      expect(Properties, id).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 1_024,
        Timeout: timeouts.get(id),
      });
    for (const template of [storage, platform]) {
      const all = findResourcesOfType(template, 'AWS::Lambda::Function');
      const helper = requireSingle(
        all.filter((resource) => ![...functions.values()].includes(resource)),
      );
      expect(helper.logicalId).toMatch(/^CustomResourceHandler/);
    }
  });

  test('keep every log for a month', () => {
    const groups = findResourcesOfType(platform, 'AWS::Logs::LogGroup');

    expect(groups).toHaveLength(HANDLERS.length + API_COUNT);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30);
  });

  test('contain exactly the resources that the topology requires', () => {
    expect(countResources(storage)).toEqual(STORAGE_COUNTS);
    expect(countResources(platform)).toEqual(PLATFORM_COUNTS);
  });

  test('contain no cycle of references', () => {
    for (const { resources } of [storage, platform]) expect(findCycle(resources)).toBeUndefined();
  });
});

const EMPTY_TEMPLATE = { text: '', resources: [] };

/** Includes the helper function of SST and its role. */
const STORAGE_COUNTS = {
  'AWS::DynamoDB::Table': 1,
  'AWS::IAM::Role': 1,
  'AWS::Lambda::Function': 1,
  'AWS::SSM::Parameter': 1,
};

/** HTTP API and WebSocket API. */
const API_COUNT = 2;
const HTTP_ROUTES = HTTP_FUNCTIONS.flatMap(({ routes }) => Object.values(routes));

const PLATFORM_COUNTS = {
  'AWS::ApiGatewayV2::Api': API_COUNT,
  'AWS::ApiGatewayV2::Integration': HTTP_FUNCTIONS.length + SOCKET_ROUTES.length,
  'AWS::ApiGatewayV2::Route': HTTP_ROUTES.length + SOCKET_ROUTES.length,
  'AWS::ApiGatewayV2::Stage': API_COUNT,
  'AWS::CloudWatch::Alarm': QUEUES.length + SCHEDULES.length,
  'AWS::Events::Rule': SCHEDULES.length,
  // Each function has a policy; the additional policy belongs to the helper function of SST.
  'AWS::IAM::Policy': HANDLERS.length + 1,
  'AWS::IAM::Role': HANDLERS.length + 1,
  'AWS::Lambda::Function': HANDLERS.length + 1,
  'AWS::Lambda::EventInvokeConfig': SCHEDULES.length,
  'AWS::Lambda::EventSourceMapping': QUEUES.length,
  'AWS::Lambda::Permission': HTTP_FUNCTIONS.length + SOCKET_ROUTES.length + SCHEDULES.length,
  'AWS::Logs::LogGroup': HANDLERS.length + API_COUNT,
  // Each queue has a dead-letter queue.
  'AWS::SQS::Queue': 2 * QUEUES.length,
  // SST stores the name of each function, the URL of each queue and API, and the https URL of the WebSocket API.
  'AWS::SSM::Parameter': HANDLERS.length + QUEUES.length + API_COUNT + 1,
  'Custom::APIGatewayCloudWatchRole': 1,
};

const throttleSchema = z.object({
  ThrottlingBurstLimit: z.number().positive(),
  ThrottlingRateLimit: z.number().positive(),
});

function countResources({ resources }: ReturnType<typeof readTemplate>): Record<string, number> {
  const byType = Map.groupBy(resources, ({ Type }) => Type);
  return Object.fromEntries([...byType].map(([type, matches]) => [type, matches.length]));
}

function createKeySchema(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
}

function listApis(template: ReturnType<typeof readTemplate>): (Resource | undefined)[] {
  const apis = findResourcesOfType(template, 'AWS::ApiGatewayV2::Api');
  return ['HTTP', 'WEBSOCKET'].map((protocol) =>
    apis.find(({ Properties }) => Properties.ProtocolType === protocol),
  );
}

function findIntegratedFunction(
  template: ReturnType<typeof readTemplate>,
  target: unknown,
): string {
  const integrations = findResourcesOfType(template, 'AWS::ApiGatewayV2::Integration');
  const referenced = findReferences(target);
  const integration = requireSingle(
    integrations.filter(({ logicalId }) => referenced.includes(logicalId)),
  );
  return findReferencedFunction(template, integration.Properties.IntegrationUri);
}

function createExpectedRoute(api: string, key: string, handler: string) {
  return { api, route: key, function: toFunctionId(handler), authorization: 'NONE' };
}
