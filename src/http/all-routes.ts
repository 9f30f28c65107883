import type { Clock } from '../core/clock.ts';
import type { TestIdentifiers } from '../gateway/identifiers/test-identifiers.ts';
import type { Attempts } from './attempts.ts';
import type { MobileSignings } from './egov-mobile/mobile-signings.ts';
import { openApiOf } from './openapi.ts';
import type { GatewayParts } from './ports.ts';
import { octetsRoute, type Route } from './route.ts';
import { accessRoutes } from './routes/access-routes.ts';
import { applicationRoutes } from './routes/application-routes.ts';
import { challengeRoutes } from './routes/challenge-routes.ts';
import { deviceRoutes } from './routes/device-routes.ts';
import { mobileRoutes, type Organisation } from './routes/mobile-routes.ts';
import { type PageFacts, pageRoutes } from './routes/page-routes.ts';
import { profileRoutes } from './routes/profile-routes.ts';
import { resolverRoutes } from './routes/resolver-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import type { Sessions } from './sessions/sessions.ts';

export interface RoutesOptions {
  readonly parts: GatewayParts;
  readonly sessions: Sessions;
  readonly signings: MobileSignings;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly testIdentifiers: TestIdentifiers;
  /** `https://mail.example.kz` */
  readonly origin: string;
  /** The operator, as phones show it. */
  readonly organisation: Organisation;
  readonly facts: PageFacts;
}

/** Every route there is, and their description among them. */
export function allRoutes(options: RoutesOptions): readonly Route[] {
  const { parts, sessions, signings, attempts, clock, origin } = options;
  const routes = [
    ...pageRoutes(parts, options.facts, clock),
    ...challengeRoutes(parts, attempts),
    ...sessionRoutes(parts, sessions, attempts),
    ...applicationRoutes(parts, sessions, attempts),
    ...profileRoutes(parts, attempts),
    ...deviceRoutes(parts),
    ...accessRoutes(parts, sessions, attempts),
    ...resolverRoutes(parts, options.testIdentifiers),
    ...mobileRoutes(parts, signings, attempts, options),
  ];
  return [...routes, descriptionRoute(routes, origin)];
}

function descriptionRoute(routes: readonly Route[], origin: string): Route {
  const document = JSON.stringify(openApiOf(routes, origin));
  return octetsRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    id: 'description',
    summary: 'This description',
    callers: 'anyone',
    status: 200,
    types: ['application/json'],
    run: () => Promise.resolve({ type: 'application/json', octets: document, shared: true }),
  });
}
