/** What the primary says to a worker: send your metrics. */
export interface MetricsRequest {
  readonly kind: 'metrics';
  readonly id: number;
}

/** What a worker says to the primary. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'metrics'; readonly id: number; readonly values: readonly object[] };
