import type { z } from 'zod';
import type { UserActor } from '../../core/access/actor.ts';
import type { Role } from '../../core/contract/access.ts';
import type { AttemptId } from '../../core/contract/id.ts';
import type { Route, RouteAccess } from '../../core/contract/route.ts';
import type { Log } from '../../core/port/runtime.ts';

// A handler's types follow from its row of the contract: what it is given is parsed, what it answers is checked.

export type AttemptActor = { readonly kind: 'attempt'; readonly attempt: AttemptId };
/** The outside system whose signature was right. */
export type HookActor = { readonly kind: 'hook' };
export type AnyActor = UserActor | AttemptActor | HookActor | undefined;

/** Who calls a route of this access; nobody is known on a public one. */
export type ActorOf<A extends RouteAccess> = A extends Role
  ? UserActor
  : A extends 'attempt'
    ? AttemptActor
    : A extends 'signature'
      ? HookActor
      : undefined;

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export type Call<R extends Route, Deps> = {
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
  readonly actor: ActorOf<R['access']>;
  readonly deps: Deps;
  readonly log: Log;
  readonly requestId: string;
  /** The caller's network address. */
  readonly sourceAddress: string;
  /** Of routes that are `idempotent`, when the caller sent one. */
  readonly idempotencyKey: string | undefined;
  /** A request header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
};

/** What the route's answer schema takes in; what it does not know is not sent. */
export type AnswerOf<R extends Route> = R['answer'] extends z.ZodType
  ? z.input<R['answer']>
  : undefined;

export type Handler<R extends Route, Deps> = (call: Call<R, Deps>) => Promise<AnswerOf<R>>;

/** One handler for each row. A group of them is `satisfies Partial<Handlers<...>>`. */
export type Handlers<Routes extends Readonly<Record<string, Route>>, Deps> = {
  readonly [Id in keyof Routes]: Handler<Routes[Id], Deps>;
};
