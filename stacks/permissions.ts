import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Table, WebSocketApi } from 'sst/constructs';
import type { Rights, TableRight } from '../core/topology/rights.ts';
import type { Queues } from './queues.ts';

/** Resources of the platform, for the permissions and the environment of functions. */
export type Resources = {
  readonly table: Table;
  readonly queues: Queues;
  readonly socketApi: WebSocketApi;
};

const ACTION_BY_RIGHT: Readonly<Record<TableRight, string>> = {
  get: 'dynamodb:GetItem',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
  query: 'dynamodb:Query',
  index: 'dynamodb:Query',
};

/** Creates the policy of a function from its rights. */
export function createStatements(rights: Rights, resources: Resources): PolicyStatement[] {
  return [
    ...createTableStatements(rights, resources.table),
    ...createSendStatements(rights, resources.queues),
    ...(rights.pushes ? [createPushStatement(resources.socketApi)] : []),
  ];
}

function createTableStatements(
  { table: operations, partitions, readOnlyPartitions }: Rights,
  table: Table,
): PolicyStatement[] {
  const itemOperations = operations.filter((operation) => operation !== 'index');
  const actions = [...new Set(itemOperations.map((operation) => ACTION_BY_RIGHT[operation]))];
  const statements = [createItemStatement(actions, table, partitions)];
  if (readOnlyPartitions !== undefined)
    statements.push(createItemStatement([ACTION_BY_RIGHT.get], table, readOnlyPartitions));
  if (!operations.includes('index')) return statements;
  const resource = `${table.tableArn}/index/*`;
  return [
    ...statements,
    new PolicyStatement({ actions: [ACTION_BY_RIGHT.index], resources: [resource] }),
  ];
}

function createItemStatement(
  actions: string[],
  table: Table,
  partitions: readonly string[] | undefined,
): PolicyStatement {
  const statement = new PolicyStatement({ actions, resources: [table.tableArn] });
  if (partitions !== undefined)
    statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': partitions });
  return statement;
}

function createSendStatements({ sends }: Rights, queues: Queues): PolicyStatement[] {
  if (sends.length === 0) return [];
  const resources = sends.map((name) => {
    const queue = queues[name];
    if (queue === undefined)
      throw new Error(
        `core/topology/rights.ts names the queue ${name}, which core/topology/queues.ts does not declare`,
      );
    return queue.queueArn;
  });
  return [new PolicyStatement({ actions: ['sqs:SendMessage'], resources })];
}

/** Creates the permission to post to connections and to close connections, without the permission to read connections. */
function createPushStatement(api: WebSocketApi): PolicyStatement {
  const { webSocketApi, webSocketStage } = api.cdk;
  const resources = ['POST', 'DELETE'].map((method) =>
    webSocketApi.stack.formatArn({
      service: 'execute-api',
      resource: webSocketApi.apiId,
      resourceName: `${webSocketStage.stageName}/${method}/@connections/*`,
    }),
  );
  return new PolicyStatement({ actions: ['execute-api:ManageConnections'], resources });
}
