import type { z } from 'zod';
import type { UserActor } from '../../core/access/actor.ts';
import type { Role } from '../../core/contract/access.ts';
import type { AttemptId } from '../../core/contract/id.ts';
import type { Route, RouteAccess } from '../../core/contract/routes/route.ts';
import type { Log } from '../../core/port/runtime.ts';

// Types of handlers, derived from the routes of the contract. A handler receives parsed input, and its response is checked.

/** Attempt, authenticated by its token. */
export type AttemptActor = { readonly kind: 'attempt'; readonly attempt: AttemptId };
/** Outside system, authenticated by its signature. */
export type HookActor = { readonly kind: 'hook' };
/** Caller of any route; undefined for a public route. */
export type AnyActor = UserActor | AttemptActor | HookActor | undefined;

/** Caller of a route with the given access; undefined for a public route. */
export type ActorOf<A extends RouteAccess> = A extends Role
  ? UserActor
  : A extends 'attempt'
    ? AttemptActor
    : A extends 'signature'
      ? HookActor
      : undefined;

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Input of a handler. */
export type Call<R extends Route, Deps> = {
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
  readonly actor: ActorOf<R['access']>;
  readonly deps: Deps;
  readonly log: Log;
  readonly requestId: string;
  /** Network address of the caller. */
  readonly sourceAddress: string;
  /** Idempotency key of the request; always undefined for a route that is not `idempotent`. */
  readonly idempotencyKey: string | undefined;
  /** Returns a request header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
};

/** Result of a handler. Fields that the schema of the route does not declare are removed from the response. */
export type AnswerOf<R extends Route> = R['answer'] extends z.ZodType
  ? z.input<R['answer']>
  : undefined;

/** Handler of one route. */
export type Handler<R extends Route, Deps> = (call: Call<R, Deps>) => Promise<AnswerOf<R>>;

/** Handlers of all routes. A group of handlers is declared with `satisfies Partial<Handlers<...>>`. */
export type Handlers<Routes extends Readonly<Record<string, Route>>, Deps> = {
  readonly [Id in keyof Routes]: Handler<Routes[Id], Deps>;
};
