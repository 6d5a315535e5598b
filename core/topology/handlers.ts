import { QUEUES } from './queues.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from './routes.ts';
import { SCHEDULES } from './schedules.ts';

/** Entry file of every function, relative to the root of the project. */
export const HANDLERS: readonly string[] = [
  ...HTTP_FUNCTIONS,
  ...SOCKET_ROUTES,
  ...QUEUES,
  ...SCHEDULES,
].map(({ handler }) => handler);

/** Derives the id of a function from its entry file, for example `queue-plan` from `functions/queue/plan.ts`. */
export function toFunctionId(handler: string): string {
  return handler
    .replace(/^functions\//, '')
    .replace(/\.ts$/, '')
    .replaceAll('/', '-');
}
