import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/loader.ts';
import type { Log } from './core/log.ts';
import { explainListenError } from './listener-error.ts';
import { startMetricsListener } from './metrics/http-listener.ts';
import { metricsTogether } from './metrics/metrics-together.ts';
import type { Signals } from './signals.ts';
import { WorkerPool } from './workers/worker-pool.ts';

/**
 * Runs workers until it is told to stop, and resolves with the exit code; itself it serves nobody but the metrics.
 * `ConfigError` with a store that only one process may have, `ListenerError` when the metrics cannot be shown.
 */
export async function serveWorkers(
  config: Config,
  { size, stopMs }: { readonly size: number; readonly stopMs: number },
  log: Log,
  signals: Signals,
): Promise<number> {
  if (config.store.kind === 'embedded') {
    const message = `embedded is the store of one process: ${size} workers need kind: mongodb`;
    throw new ConfigError(config.file, [{ path: 'store.kind', message, line: undefined }]);
  }
  const { host, port, enabled } = config.listeners.metrics;
  const pool = new WorkerPool({ size, stopMs, log });
  const listener = enabled
    ? await startMetricsListener({
        host,
        port,
        metrics: { render: async () => metricsTogether(await pool.metrics()) },
        notReady: () => (pool.readyCount > 0 ? undefined : 'no worker is ready'),
        log,
      }).catch((error: unknown) => {
        pool.signal('SIGKILL');
        throw explainListenError(error, { host, port }, 'listeners.metrics', config.file);
      })
    : undefined;
  if (listener !== undefined) {
    log.info('listening', { listener: 'metrics', host, port: listener.port });
  }
  void pool.ready.then(() => {
    log.info('workers-ready', { pid: process.pid, workers: size });
  });
  signals.onReload(() => {
    pool.signal('SIGHUP');
  });
  void signals.stop.then((signal) => {
    log.info('workers-stopping', { signal });
    pool.stop();
  });
  const code = await pool.ended;
  await listener?.close();
  return code;
}
