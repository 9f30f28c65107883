import * as z from 'zod';
import { problemSchema } from './problem.ts';
import type { Callers, Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(made).filter(([name]) => !name.startsWith('$schema')));
}

/** The parameters of one place, from the members of an object schema. */
function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, member]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: member,
  }));
}

function securityOf(callers: Callers): readonly Json[] {
  if (callers === 'anyone') return [];
  return callers === 'agency'
    ? [{ agencySecret: [] }, { agencyCertificate: [] }]
    : [{ session: [] }];
}

function answerOf(route: Route): Json {
  if (route.status === 204) return { description: 'Done' };
  const content =
    'answer' in route
      ? { 'application/json': { schema: schemaOf(route.answer, 'output') } }
      : Object.fromEntries(route.types.map((type) => [type, { schema: { type: 'string' } }]));
  return { description: 'Done', content };
}

function operationOf(route: Route): Json {
  const { id, summary, callers, params, query, body } = route;
  return {
    operationId: id,
    summary,
    security: securityOf(callers),
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: {
      [String(route.status)]: answerOf(route),
      default: {
        description: 'It was not done, and why',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

/** The description of all routes, OpenAPI 3.1. */
export function openApiOf(routes: readonly Route[], origin: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zhashik',
      version: '1',
      description:
        'Mailboxes of the unified system: applications with an EDS, the personal cabinet, look-ups of state bodies. ' +
        'A change by a session shows its token in X-CSRF-Token.',
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-session' },
        agencySecret: { type: 'http', scheme: 'bearer' },
        agencyCertificate: { type: 'mutualTLS' },
      },
    },
  };
}
