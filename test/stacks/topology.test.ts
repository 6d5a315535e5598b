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

// Every row of the topology is in the templates, and nothing else of its kind is.

const cloud = inject('cloud');

describe.skipIf(cloud === null)('the templates', () => {
  const folder = cloud?.templates ?? '';
  const storage = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'storage');
  const platform = cloud === null ? EMPTY_TEMPLATE : readTemplate(folder, 'platform');

  test('there is one for the table and one for the rest', () => {
    const written = readdirSync(folder, { recursive: true, encoding: 'utf8' });

    const found = written.filter((name) => name.endsWith('.template.json'));
    expect(found.toSorted()).toEqual(
      ['platform', 'storage'].map((name) => `${STAGE}-smol-gang-${name}.template.json`),
    );
  });

  test('the table has the keys, the indexes and the expiry of the topology', () => {
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
      TABLE.indexes.map(({ name, hash, range }) => ({
        IndexName: name,
        KeySchema: createKeySchema(hash, range),
        Projection: { ProjectionType: 'ALL' },
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

  test('each queue has its visibility and its dead letters, and there is no other queue', () => {
    const queues = findResourcesOfType(platform, 'AWS::SQS::Queue');
    const dead = queues.filter(({ Properties }) => Properties.RedrivePolicy === undefined);
    const live = queues.filter((queue) => !dead.includes(queue));

    const rows = live.map(({ Properties }) => {
      const redrive = redriveSchema.parse(Properties.RedrivePolicy);
      return {
        name: Properties.QueueName,
        visibility: Properties.VisibilityTimeout,
        maxReceives: redrive.maxReceiveCount,
        dead: findQueueName(dead, requireSingle(findReferences(redrive.deadLetterTargetArn))),
      };
    });
    expect(sortRows(rows)).toEqual(
      sortRows(
        QUEUES.map(({ name, visibilitySeconds, maxReceives }) => ({
          name: formatQueueName(name),
          visibility: visibilitySeconds,
          maxReceives,
          dead: `${formatQueueName(name)}-dead`,
        })),
      ),
    );
    expect(dead).toHaveLength(QUEUES.length);
    for (const { Properties } of dead)
      expect(Properties.MessageRetentionPeriod).toBe(14 * 24 * 3_600);
  });

  test('each queue is read by its function, whose failures are named one by one', () => {
    const mappings = findResourcesOfType(platform, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => ({
        queue: findQueueName(
          findResourcesOfType(platform, 'AWS::SQS::Queue'),
          requireSingle(findReferences(Properties.EventSourceArn)),
        ),
        function: findReferencedFunction(platform, Properties.FunctionName),
        batch: Properties.BatchSize,
        concurrency: Properties.ScalingConfig,
        answers: Properties.FunctionResponseTypes,
        window: Properties.MaximumBatchingWindowInSeconds,
      }),
    );

    expect(sortRows(mappings)).toEqual(
      sortRows(
        QUEUES.map(({ name, handler, batchSize, concurrency }) => ({
          queue: formatQueueName(name),
          function: toFunctionId(handler),
          batch: batchSize,
          concurrency: { MaximumConcurrency: concurrency },
          answers: ['ReportBatchItemFailures'],
          window: undefined,
        })),
      ),
    );
    // What AWS asks of them.
    for (const row of QUEUES) {
      expect(row.visibilitySeconds).toBeGreaterThanOrEqual(row.timeoutSeconds);
      expect(row.concurrency).toBeGreaterThanOrEqual(2);
      expect(row.timeoutSeconds).toBeLessThanOrEqual(900);
    }
  });

  test('each dead letter raises an alarm', () => {
    const alarmed = findResourcesOfType(platform, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible',
    );

    const names = alarmed.map(({ Properties }) =>
      findQueueName(
        findResourcesOfType(platform, 'AWS::SQS::Queue'),
        requireSingle(findReferences(Properties.Dimensions)),
      ),
    );
    expect(names.toSorted()).toEqual(
      QUEUES.map(({ name }) => `${formatQueueName(name)}-dead`).toSorted(),
    );
    for (const { Properties } of findResourcesOfType(platform, 'AWS::CloudWatch::Alarm'))
      expect(Properties).toMatchObject({
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        AlarmActions: ['arn:aws:sns:us-east-1:000000000000:alarms'],
      });
  });

  test('each schedule raises an alarm when its function fails five minutes running', () => {
    const alarmed = findResourcesOfType(platform, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'Errors',
    );

    const rows = alarmed.map(({ Properties }) => ({
      function: findReferencedFunction(platform, Properties.Dimensions),
      namespace: Properties.Namespace,
      statistic: Properties.Statistic,
      seconds: Properties.Period,
      times: Properties.EvaluationPeriods,
    }));
    expect(sortRows(rows)).toEqual(
      sortRows(
        SCHEDULES.map(({ handler }) => ({
          function: toFunctionId(handler),
          namespace: 'AWS/Lambda',
          statistic: 'Sum',
          seconds: 60,
          times: 5,
        })),
      ),
    );
  });

  test('each route of the contract leads to its function, and there is no other route', () => {
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

  test('the doors are throttled, the public ones more', () => {
    const stages = findResourcesOfType(platform, 'AWS::ApiGatewayV2::Stage').map(
      ({ Properties }) => Properties,
    );
    const http = requireSingle(stages.filter(({ StageName }) => StageName === '$default'));

    const open = HTTP_ROUTES.filter(({ access }) => access === 'public').map(({ method, path }) => [
      `${method} ${path}`,
      { ThrottlingBurstLimit: 40, ThrottlingRateLimit: 20 },
    ]);
    expect(http.RouteSettings).toEqual(Object.fromEntries(open));
    for (const { DefaultRouteSettings, AccessLogSettings } of stages) {
      expect(throttleSchema.safeParse(DefaultRouteSettings).success).toBe(true);
      expect(AccessLogSettings).toBeDefined();
    }
  });

  test('each schedule starts its function, which is not repeated', () => {
    const rules = findResourcesOfType(platform, 'AWS::Events::Rule').map(({ Properties }) => {
      const target = requireSingle(
        z.array(z.looseObject({ Arn: z.unknown() })).parse(Properties.Targets),
      );
      return {
        schedule: Properties.ScheduleExpression,
        state: Properties.State,
        function: findReferencedFunction(platform, target.Arn),
        retry: target.RetryPolicy,
      };
    });

    expect(rules).toEqual(
      SCHEDULES.map(({ handler, everySeconds }) => ({
        schedule: everySeconds === 60 ? 'rate(1 minute)' : `rate(${everySeconds / 60} minutes)`,
        state: 'ENABLED',
        function: toFunctionId(handler),
        retry: { MaximumEventAgeInSeconds: everySeconds, MaximumRetryAttempts: 0 },
      })),
    );
    const asynchronous = requireSingle(
      findResourcesOfType(platform, 'AWS::Lambda::EventInvokeConfig'),
    );
    expect(asynchronous.Properties.MaximumRetryAttempts).toBe(0);
  });

  test('each handler is a function of its own, beside one helper of SST in each stack', () => {
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
      const helper = requireSingle(all.filter((one) => ![...functions.values()].includes(one)));
      expect(helper.logicalId).toMatch(/^CustomResourceHandler/);
    }
  });

  test('every log is kept for a month', () => {
    const groups = findResourcesOfType(platform, 'AWS::Logs::LogGroup');

    expect(groups).toHaveLength(HANDLERS.length + API_COUNT);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30);
  });

  test('of every kind there is what the topology asks for, and no more', () => {
    expect(countResources(storage)).toEqual(STORAGE_COUNTS);
    expect(countResources(platform)).toEqual(PLATFORM_COUNTS);
  });

  test('nothing waits for itself', () => {
    for (const { resources } of [storage, platform]) expect(findCycle(resources)).toBeUndefined();
  });
});

const EMPTY_TEMPLATE = { text: '', resources: [] };

/** SST's helper is a function with a role. */
const STORAGE_COUNTS = {
  'AWS::DynamoDB::Table': 1,
  'AWS::IAM::Role': 1,
  'AWS::Lambda::Function': 1,
  'AWS::SSM::Parameter': 1,
};

/** One for HTTP, one for WebSockets. */
const API_COUNT = 2;
const HTTP_ROUTES = HTTP_FUNCTIONS.flatMap(({ routes }) => Object.values(routes));

const PLATFORM_COUNTS = {
  'AWS::ApiGatewayV2::Api': API_COUNT,
  'AWS::ApiGatewayV2::Integration': HTTP_FUNCTIONS.length + SOCKET_ROUTES.length,
  'AWS::ApiGatewayV2::Route': HTTP_ROUTES.length + SOCKET_ROUTES.length,
  'AWS::ApiGatewayV2::Stage': API_COUNT,
  'AWS::CloudWatch::Alarm': QUEUES.length + SCHEDULES.length,
  'AWS::Events::Rule': SCHEDULES.length,
  // Of each function, and of SST's helper.
  'AWS::IAM::Policy': HANDLERS.length + 1,
  'AWS::IAM::Role': HANDLERS.length + 1,
  'AWS::Lambda::Function': HANDLERS.length + 1,
  'AWS::Lambda::EventInvokeConfig': SCHEDULES.length,
  'AWS::Lambda::EventSourceMapping': QUEUES.length,
  'AWS::Lambda::Permission': HTTP_FUNCTIONS.length + SOCKET_ROUTES.length + SCHEDULES.length,
  'AWS::Logs::LogGroup': HANDLERS.length + API_COUNT,
  // Each with its dead letters.
  'AWS::SQS::Queue': 2 * QUEUES.length,
  // SST's: the name of each function, the address of each queue and of the APIs, of the WebSocket's also by https.
  'AWS::SSM::Parameter': HANDLERS.length + QUEUES.length + API_COUNT + 1,
  'Custom::APIGatewayCloudWatchRole': 1,
};

const redriveSchema = z.object({
  deadLetterTargetArn: z.unknown(),
  maxReceiveCount: z.number(),
});
const throttleSchema = z.object({
  ThrottlingBurstLimit: z.number().positive(),
  ThrottlingRateLimit: z.number().positive(),
});

function countResources({ resources }: ReturnType<typeof readTemplate>): Record<string, number> {
  const byType = Map.groupBy(resources, ({ Type }) => Type);
  return Object.fromEntries([...byType].map(([type, found]) => [type, found.length]));
}

function createKeySchema(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
}

function sortRows(rows: unknown): unknown[] {
  return z
    .array(z.unknown())
    .parse(rows)
    .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b), 'en'));
}

function formatQueueName(name: string): string {
  return `${STAGE}-smol-gang-platform-${name}`;
}

function findQueueName(queues: readonly Resource[], logicalId: string): unknown {
  return requireSingle(queues.filter((queue) => queue.logicalId === logicalId)).Properties
    .QueueName;
}

function listApis(template: ReturnType<typeof readTemplate>): (Resource | undefined)[] {
  const found = findResourcesOfType(template, 'AWS::ApiGatewayV2::Api');
  return ['HTTP', 'WEBSOCKET'].map((kind) =>
    found.find(({ Properties }) => Properties.ProtocolType === kind),
  );
}

function findIntegratedFunction(
  template: ReturnType<typeof readTemplate>,
  target: unknown,
): string {
  const integrations = findResourcesOfType(template, 'AWS::ApiGatewayV2::Integration');
  const referred = findReferences(target);
  const integration = requireSingle(
    integrations.filter(({ logicalId }) => referred.includes(logicalId)),
  );
  return findReferencedFunction(template, integration.Properties.IntegrationUri);
}

function createExpectedRoute(api: string, key: string, handler: string) {
  return { api, route: key, function: toFunctionId(handler), authorization: 'NONE' };
}

/** The first resource that is reached from itself. */
function findCycle(resources: readonly Resource[]): string | undefined {
  const next = new Map(
    resources.map(({ logicalId, Properties, DependsOn }) => [
      logicalId,
      [...findReferences(Properties), ...[DependsOn].flat()],
    ]),
  );
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): string | undefined => {
    if (path.includes(id)) return [...path, id].join(' -> ');
    if (done.has(id)) return undefined;
    for (const other of next.get(id) ?? []) {
      const cycle = visit(other, [...path, id]);
      if (cycle !== undefined) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const { logicalId } of resources) {
    const cycle = visit(logicalId, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
