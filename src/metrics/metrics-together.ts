import { AggregatorRegistry, Gauge } from 'prom-client';
import type { Rendered } from './metrics.ts';

/** The metrics of several workers as one exposition: sums, or what each metric says of itself. */
export async function metricsTogether(workers: readonly (readonly object[])[]): Promise<Rendered> {
  const registry = AggregatorRegistry.aggregate([...workers]);
  new Gauge({
    name: 'zhashik_workers',
    help: 'Workers whose metrics these are',
    registers: [registry],
  }).set(workers.length);
  return { type: registry.contentType, text: await registry.metrics() };
}
