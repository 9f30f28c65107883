import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../core/log.ts';
import type { Rendered } from './metrics.ts';

export interface MetricsListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: { render(): Promise<Rendered> };
  /** Undefined when mail can be taken and read, otherwise why not. */
  readonly notReady: () => string | undefined;
  readonly log: Log;
}

export interface MetricsListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** `/metrics` for Prometheus, `/live` (the process turns) and `/ready` (mail is taken and read) for a supervisor. */
export async function startMetricsListener(
  options: MetricsListenerOptions,
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    answer(options, request.method ?? '', request.url ?? '').then(
      ({ status, type, text }) => {
        response.writeHead(status, {
          'content-type': type,
          'cache-control': 'no-store',
          ...(status === 405 && { allow: 'GET, HEAD' }),
        });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
      (error: unknown) => {
        options.log.error('metrics-failed', { err: error });
        response.writeHead(500).end();
      },
    );
  });
  server.maxConnections = 64;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { metrics, notReady }: MetricsListenerOptions,
  method: string,
  url: string,
): Promise<Answer> {
  const plain = (status: number, text: string): Answer => ({
    status,
    type: 'text/plain; charset=utf-8',
    text: `${text}\n`,
  });
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET only');
  const path = url.split('?')[0];
  if (path === '/metrics') return { status: 200, ...(await metrics.render()) };
  if (path === '/live') return plain(200, 'live');
  if (path !== '/ready') return plain(404, 'not found');
  const reason = notReady();
  return reason === undefined ? plain(200, 'ready') : plain(503, reason);
}
