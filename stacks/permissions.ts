import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Table, WebSocketApi } from 'sst/constructs';
import type { Rights, TableRight } from '../core/topology/rights.ts';
import type { Queues } from './queues.ts';

export type Resources = {
  readonly table: Table;
  readonly queues: Queues;
  readonly socketApi: WebSocketApi;
};

const ACTIONS: Readonly<Record<TableRight, string>> = {
  get: 'dynamodb:GetItem',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
  query: 'dynamodb:Query',
  index: 'dynamodb:Query',
};

/** What the rights say and nothing else. */
export function createStatements(rights: Rights, resources: Resources): PolicyStatement[] {
  return [
    ...createTableStatements(rights, resources.table),
    ...createSendStatements(rights, resources.queues),
    ...(rights.pushes ? [createPushStatement(resources.socketApi)] : []),
  ];
}

function createTableStatements(
  { table: given, partitions }: Rights,
  table: Table,
): PolicyStatement[] {
  const onItems = [...new Set(given.filter((right) => right !== 'index').map((r) => ACTIONS[r]))];
  const items = new PolicyStatement({ actions: onItems, resources: [table.tableArn] });
  if (partitions !== undefined)
    items.addCondition('ForAllValues:StringLike', {
      'dynamodb:LeadingKeys': partitions,
    });
  if (!given.includes('index')) return [items];
  const resource = `${table.tableArn}/index/*`;
  return [items, new PolicyStatement({ actions: [ACTIONS.index], resources: [resource] })];
}

function createSendStatements({ sends }: Rights, queues: Queues): PolicyStatement[] {
  if (sends.length === 0) return [];
  const resources = sends.map((name) => {
    const queue = queues[name];
    if (queue === undefined) throw new Error(`there is no queue ${name} to send to`);
    return queue.queueArn;
  });
  return [new PolicyStatement({ actions: ['sqs:SendMessage'], resources })];
}

/** To post to a connection; not to look it up and not to close it. */
function createPushStatement(api: WebSocketApi): PolicyStatement {
  const { webSocketApi, webSocketStage } = api.cdk;
  const path = `${webSocketStage.stageName}/POST/@connections/*`;
  const resource = webSocketApi.stack.formatArn({
    service: 'execute-api',
    resource: webSocketApi.apiId,
    resourceName: path,
  });
  return new PolicyStatement({ actions: ['execute-api:ManageConnections'], resources: [resource] });
}
