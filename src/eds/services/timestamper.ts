/** Somebody who stamps octets with the time. */
export interface Timestamper {
  /** A timestamp token over the digest of these octets, verified. Rejects with a `Refusal`. */
  timestamp(octets: Uint8Array): Promise<Uint8Array>;
}
