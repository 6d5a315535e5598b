import type { App, Table } from 'sst/constructs';
import { Stack } from 'sst/constructs';
import { createAlarms } from './alarms.ts';
import { collectKnownVariables } from './environment.ts';
import { createFunctionFactory } from './functions.ts';
import { addHttpRoutes, createHttpApi } from './http-api.ts';
import { addConsumers, createQueues } from './queues.ts';
import { addSchedules } from './schedules.ts';
import type { Settings } from './settings.ts';
import { addSocketRoutes, createSocketApi } from './socket-api.ts';

/**
 * Declares everything except the table. APIs and queues come first, because the environment of every function contains their
 * URLs.
 */
export function declarePlatform(app: App, settings: Settings, table: Table): void {
  const stack = new Stack(app, 'platform');
  const alarms = createAlarms(stack, settings.alarmTopicArn);
  const queues = createQueues(stack, alarms);
  const api = createHttpApi(stack);
  const socketApi = createSocketApi(stack);
  const resources = { table, queues, socketApi };
  const createFunction = createFunctionFactory(
    stack,
    settings,
    resources,
    collectKnownVariables(api, resources),
  );
  addHttpRoutes(api, createFunction);
  addSocketRoutes(socketApi, createFunction);
  addConsumers(queues, createFunction);
  addSchedules(stack, createFunction, alarms);
  stack.addOutputs({ ApiUrl: api.url, SocketUrl: socketApi.url });
}
