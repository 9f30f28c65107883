import { Streebog } from './streebog.ts';

const blockBytes = 64;

/** HMAC with Streebog, RFC 2104 and RFC 7836 §4.1, over the parts one after the other. */
export function hmacStreebog(
  bits: 256 | 512,
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const padded = new Uint8Array(blockBytes);
  padded.set(key.length > blockBytes ? new Streebog(bits).update(key).digest() : key);
  const inner = new Streebog(bits).update(padded.map((octet) => octet ^ 0x36));
  for (const part of parts) inner.update(part);
  return new Streebog(bits)
    .update(padded.map((octet) => octet ^ 0x5c))
    .update(inner.digest())
    .digest();
}
