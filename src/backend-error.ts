/** A server that we need and cannot have as the config names it; the message says which setting that is. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  /** `config`: what the config says cannot be right. `unavailable`: it may be there later. */
  readonly reason: 'config' | 'unavailable';

  constructor(reason: BackendError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
