import type { Metrics } from '../metrics/metrics.ts';
import type { MetricsRequest, WorkerMessage } from './messages.ts';

/** A worker's side: says that it serves, and gives the primary its metrics when asked. */
export function servePrimary(metrics: Pick<Metrics, 'values'>): void {
  process.on('message', (message: MetricsRequest) => {
    const { id } = message;
    metrics.values().then(
      (values) => {
        tell({ kind: 'metrics', id, values });
      },
      // The primary goes on without them.
      () => undefined,
    );
  });
  tell({ kind: 'ready' });
}

function tell(message: WorkerMessage): void {
  process.send?.(message);
}
