import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Log } from '../core/log.ts';
import { Networks, unmapped } from '../core/networks.ts';
import { peerNetwork } from '../core/peer-network.ts';
import type { TlsSource } from '../core/tls.ts';
import type { Agency } from '../gateway/agencies/agency.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import { askedLanguage } from './asked-language.ts';
import type { Attempts } from './attempts.ts';
import { cookieText, type CookieToSet, readCookies } from './cookies.ts';
import { httpLimits } from './limits.ts';
import type { GatewayParts } from './ports.ts';
import { problemOf, retryAfterSeconds, tellable } from './problem.ts';
import { checkOrigin } from './check-origin.ts';
import { parseInput } from './parse-input.ts';
import type { Call, Octets, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import { browserCookie, sessionCookie } from './site-cookies.ts';
import type { Session } from './sessions/session.ts';
import type { Sessions } from './sessions/sessions.ts';
import { tlsConnections } from './tls-connections.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: a proxy of `proxyNetworks` has it, and nobody else may connect. */
  readonly tls: TlsSource | undefined;
  /** Ask for certificates, so that state bodies may show theirs; for a listener that browsers do not use. */
  readonly clientCertificates: boolean;
  /** Whose `X-Forwarded-For` is believed. */
  readonly proxyNetworks: readonly string[];
  /** The site as people see it: `https://mail.example.kz`. */
  readonly origin: string;
  readonly routes: readonly Route[];
  readonly sessions: Sessions;
  readonly agencies: Pick<GatewayParts['agencies'], 'findByCertificate' | 'findBySecret'>;
  readonly attempts: Attempts;
  readonly log: Log;
  /** Instead of those of `httpLimits`. */
  readonly timeouts?: HttpTimeouts;
}

export type HttpTimeouts = Readonly<
  Partial<Record<'headersMs' | 'requestMs' | 'handshakeMs', number>>
>;

/** The HTTP API: what all routes share. It knows who calls, refuses what no route should see, and answers errors. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #app: FastifyInstance;
  readonly #server: Server;
  readonly #endArriving: () => void;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const proxies = new Networks(options.proxyNetworks);
    const { headersMs, requestMs, handshakeMs } = { ...httpLimits, ...options.timeouts };
    this.#server = createServer({
      maxHeaderSize: httpLimits.headerBytes,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: httpLimits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1000, headersMs),
    });
    this.#server.maxConnections = httpLimits.connections;
    this.#endArriving =
      options.tls === undefined
        ? onlyFrom(this.#server, proxies)
        : tlsConnections(this.#server, {
            source: options.tls,
            askCertificate: options.clientCertificates,
            handshakeMs,
          });
    this.#app = fastify({
      serverFactory: (handler) => this.#server.on('request', handler),
      trustProxy: (address) => proxies.contains(address),
      bodyLimit: httpLimits.bodyBytes,
      forceCloseConnections: 'idle',
      clientErrorHandler: refuseConnection,
      routerOptions: { maxParamLength: 200 },
    });
    this.#app.removeContentTypeParser('text/plain');
    for (const route of options.routes) this.#add(route);
    this.#app.addHook('onRequest', (_request, reply, done) => {
      void reply.headers(securityHeaders);
      done();
    });
    this.#app.setErrorHandler((error, request, reply) => this.#fail(error, request, reply));
    this.#app.setNotFoundHandler((request, reply) =>
      this.#fail(new GatewayError('NO_SUCH_PAGE'), request, reply),
    );
  }

  /** Rejects when the port cannot be had. Resolves with the port. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    await this.#app.listen({ host, port });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers what was asked, and takes no more. */
  async close(): Promise<void> {
    this.#endArriving();
    await this.#app.close();
  }

  #add(route: Route): void {
    this.#app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit: route.bodyBytes ?? httpLimits.bodyBytes,
      handler: (request, reply) => this.#answer(route, request, reply),
    });
  }

  async #answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (route.method !== 'GET') checkOrigin(request.headers, this.#options.origin);
    const cookies = readCookies(request.headers.cookie);
    const peer = peerNetwork(request.ip);
    const bearer = /^Bearer ([\w.~+/=-]{1,512})$/.exec(request.headers.authorization ?? '')?.[1];
    const session = await this.#session(cookies.get(sessionCookie));
    if (Array.isArray(route.callers)) checkSession(route, session, request.headers['x-csrf-token']);
    const agency =
      route.callers === 'agency' ? await this.#agency(request, bearer, peer) : undefined;
    const setCookie = (cookie: CookieToSet): void => {
      void reply.header('set-cookie', cookieText(cookie));
    };
    const call: Call<unknown, unknown, unknown> = {
      params: parseInput(route.params, request.params),
      query: parseInput(route.query, request.query),
      body: parseInput(route.body, request.body),
      language: askedLanguage(request.headers['accept-language'], cookies.get('lang')),
      peer,
      get browser() {
        return browserSecret(cookies.get(browserCookie), setCookie);
      },
      bearer,
      session,
      agency,
      setCookie,
    };
    return send(route, await route.run(call), reply);
  }

  #session(token: string | undefined): Promise<Session | undefined> {
    return token === undefined ? Promise.resolve(undefined) : this.#options.sessions.find(token);
  }

  /** The certificate first: it cannot be read off a disk as a secret can. Throws `SIGN_IN`. */
  async #agency(
    request: FastifyRequest,
    bearer: string | undefined,
    peer: string,
  ): Promise<Agency> {
    const { agencies, attempts } = this.#options;
    await attempts.check(peer);
    const { socket } = request.raw;
    const shown = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
    const known =
      shown !== undefined
        ? await agencies.findByCertificate(createHash('sha256').update(shown).digest('hex'))
        : bearer !== undefined
          ? await agencies.findBySecret(bearer)
          : undefined;
    if (known !== undefined) return known;
    await attempts.failed(peer);
    throw new GatewayError('SIGN_IN');
  }

  #fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const cookies = readCookies(request.headers.cookie);
    const language = askedLanguage(request.headers['accept-language'], cookies.get('lang'));
    const told = tellable(error) ?? requestError(error, request);
    const instance = told === undefined ? `urn:uuid:${randomUUID()}` : undefined;
    if (told === undefined) {
      const { method, routeOptions } = request;
      this.#options.log.error('http-failed', {
        id: instance,
        method,
        route: routeOptions.url,
        err: error,
      });
    }
    const outcome = told ?? new GatewayError('INTERNAL');
    const problem = problemOf(outcome, language, instance);
    const seconds = retryAfterSeconds(outcome);
    if (seconds !== undefined) void reply.header('retry-after', String(seconds));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.header('content-language', language).header('cache-control', 'no-store');
    return reply
      .code(problem.status)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem));
  }
}

const connectionStatuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no request of HTTP, or does not end: there is nobody to tell more. RFC 9112 3 */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = connectionStatuses[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Without TLS of our own, only a proxy that has it may connect. */
function onlyFrom(server: Server, proxies: Networks): () => void {
  server.prependListener('connection', (socket) => {
    if (!proxies.contains(unmapped(socket.remoteAddress ?? ''))) socket.destroy();
  });
  return () => undefined;
}

/** Throws `SIGN_IN`, `NOT_FOR_YOU`, `FOREIGN_PAGE`. */
function checkSession(
  { callers, method }: Route,
  session: Session | undefined,
  token: string | string[] | undefined,
): void {
  if (session === undefined) throw new GatewayError('SIGN_IN');
  if (!callers.includes(session.level)) throw new GatewayError('NOT_FOR_YOU');
  if (method === 'GET') return;
  const [given, right] = [Buffer.from(String(token)), Buffer.from(session.csrf)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new GatewayError('FOREIGN_PAGE');
  }
}

function browserSecret(kept: string | undefined, setCookie: (cookie: CookieToSet) => void): string {
  if (kept !== undefined && /^[\w-]{43}$/.test(kept)) return kept;
  const value = randomBytes(32).toString('base64url');
  setCookie({ name: browserCookie, value, maxAgeMs: httpLimits.sessionMs });
  return value;
}

function send(route: Route, result: unknown, reply: FastifyReply): FastifyReply {
  void reply.code(route.status);
  if ('types' in route) {
    const { type, octets, fileName, shared = false } = result as Octets;
    void reply.header('cache-control', shared ? 'public, max-age=300' : 'no-store');
    if (fileName !== undefined) {
      void reply.header('content-disposition', `attachment; filename="${fileName}"`);
    }
    return reply.type(type).send(typeof octets === 'string' ? octets : Buffer.from(octets));
  }
  void reply.header('cache-control', 'no-store');
  if (!('answer' in route)) return reply.send();
  // Only what is described goes out.
  const answer = JSON.stringify(route.answer.parse(result));
  return reply.type('application/json; charset=utf-8').send(answer);
}

const requestErrors: Readonly<Record<string, (limitBytes: number) => GatewayError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (limitBytes) =>
    new GatewayError('REQUEST_BIG', { limit: String(Math.floor(limitBytes / 1024)) }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new GatewayError('REQUEST_TYPE'),
};

/** What the parsers of HTTP and JSON found wrong. */
function requestError(error: unknown, request: FastifyRequest): GatewayError | undefined {
  if (!(error instanceof Error) || error instanceof z.ZodError) return undefined;
  const { code = '', statusCode } = error as {
    readonly code?: string;
    readonly statusCode?: number;
  };
  const known = requestErrors[code];
  if (known !== undefined) return known(request.routeOptions.bodyLimit);
  const isTheirs = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isTheirs ? new GatewayError('REQUEST_WRONG', { fields: 'JSON' }) : undefined;
}
