import type * as z from 'zod';
import type { Agency } from '../gateway/agencies/agency.ts';
import type { Language } from '../gateway/api.ts';
import type { CookieToSet } from './cookies.ts';
import type { SessionLevel } from './sessions/session-record.ts';
import type { Session } from './sessions/session.ts';

/** Who may call: anyone, those signed in with one of the levels, or a state body. */
export type Callers = 'anyone' | 'agency' | readonly SessionLevel[];

/** A request as a route sees it, checked. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly language: Language;
  /** The network address that attempts are counted by. */
  readonly peer: string;
  /** The secret of the browser that challenges are bound to; made when there is none yet. */
  readonly browser: string;
  /** The credentials of `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  /** Of a route that asks for one; else whoever is signed in, if anybody is. */
  readonly session: Session | undefined;
  readonly agency: Agency | undefined;
  readonly setCookie: (cookie: CookieToSet) => void;
}

/** What is sent as it is. */
export interface Octets {
  readonly type: string;
  readonly octets: Uint8Array | string;
  /** What to save it as. */
  readonly fileName?: string;
  /** Whether others may keep a copy. */
  readonly shared?: boolean;
}

interface RouteFacts<Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** OpenAPI's spelling: `/v1/applications/{id}`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly callers: Callers;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Octets of the body at most. */
  readonly bodyBytes?: number;
}

export interface JsonRoute<Params, Query, Body, Answer> extends RouteFacts<Params, Query, Body> {
  readonly status: 200 | 201;
  readonly answer: z.ZodType<Answer>;
  run(call: Call<Params, Query, Body>): Promise<Answer>;
}
export interface EmptyRoute<Params, Query, Body> extends RouteFacts<Params, Query, Body> {
  readonly status: 204;
  run(call: Call<Params, Query, Body>): Promise<void>;
}
export interface OctetsRoute<Params, Query, Body> extends RouteFacts<Params, Query, Body> {
  readonly status: 200;
  readonly types: readonly string[];
  run(call: Call<Params, Query, Body>): Promise<Octets>;
}

/** A route with whatever it takes: what it is given was checked with its own schemas. */
export type Route = RouteFacts<unknown, unknown, unknown> &
  (
    | { readonly status: 200 | 201; readonly answer: z.ZodType }
    | { readonly status: 204 }
    | { readonly status: 200; readonly types: readonly string[] }
  ) & { run(call: Call<unknown, unknown, unknown>): Promise<unknown> };

/** A route that answers JSON. */
export function jsonRoute<Params, Query, Body, Answer>(
  route: JsonRoute<Params, Query, Body, Answer>,
): Route {
  return route;
}

/** A route that answers with nothing but that it is done. */
export function emptyRoute<Params, Query, Body>(route: EmptyRoute<Params, Query, Body>): Route {
  return route;
}

/** A route that answers with a document. */
export function octetsRoute<Params, Query, Body>(route: OctetsRoute<Params, Query, Body>): Route {
  return route;
}

/** The session of a route that asks for one: without one it is not run. */
export function sessionOf({ session }: Pick<Call<unknown, unknown, unknown>, 'session'>): Session {
  if (session === undefined) throw new Error('the route does not ask for a session');
  return session;
}
