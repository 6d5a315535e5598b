import { QUEUES } from './queues.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from './routes.ts';
import { SCHEDULES } from './schedules.ts';

/** The file of every function, from the root of the project. */
export const HANDLERS: readonly string[] = [
  ...HTTP_FUNCTIONS,
  ...SOCKET_ROUTES,
  ...QUEUES,
  ...SCHEDULES,
].map(({ handler }) => handler);

/** `functions/queue/plan.ts` is `queue-plan`. */
export function toFunctionId(handler: string): string {
  return handler
    .replace(/^functions\//, '')
    .replace(/\.ts$/, '')
    .replaceAll('/', '-');
}
