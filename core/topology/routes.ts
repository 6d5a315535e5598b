import { ATTEMPT_API, DOCTOR_API, HOOK_API, USER_API } from '../contract/api.ts';
import type { Route } from '../contract/routes/route.ts';

// Assigns routes to functions. The gateway in the cloud and the gateway on the laptop both follow from this assignment.

/** Function with its HTTP routes. */
export type HttpFunction = {
  readonly name: string;
  readonly handler: string;
  readonly routes: Readonly<Record<string, Route>>;
  readonly timeoutSeconds: number;
};

/** All functions with HTTP routes. */
export const HTTP_FUNCTIONS: readonly HttpFunction[] = [
  { name: 'api', handler: 'functions/http/api.ts', routes: USER_API, timeoutSeconds: 29 },
  { name: 'doctor', handler: 'functions/http/doctor.ts', routes: DOCTOR_API, timeoutSeconds: 29 },
  {
    name: 'attempt',
    handler: 'functions/http/attempt.ts',
    routes: ATTEMPT_API,
    timeoutSeconds: 29,
  },
  { name: 'hook', handler: 'functions/hook/github.ts', routes: HOOK_API, timeoutSeconds: 10 },
];

/** Functions by WebSocket route. */
export const SOCKET_ROUTES = [
  { route: '$connect', handler: 'functions/ws/connect.ts' },
  { route: '$disconnect', handler: 'functions/ws/disconnect.ts' },
  { route: '$default', handler: 'functions/ws/default.ts' },
] as const;
