import { createHash } from 'node:crypto';
import { Gost34311 } from '../crypto/gost34311.ts';
import { Streebog } from '../crypto/streebog.ts';

export type DigestName =
  'sha1' | 'sha256' | 'sha384' | 'sha512' | 'streebog256' | 'streebog512' | 'gost34311';

/** Takes octets as they come and gives the digest once, at the end. */
export interface Hasher {
  update(chunk: Uint8Array): unknown;
  digest(): Uint8Array;
}

const makers: Readonly<Record<DigestName, () => Hasher>> = {
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
  sha384: () => createHash('sha384'),
  sha512: () => createHash('sha512'),
  streebog256: () => new Streebog(256),
  streebog512: () => new Streebog(512),
  gost34311: () => new Gost34311(),
};

/** National CA: 1.2.398.3.10.1.3; RFC 5754 2, RFC 3370 2.1. */
export const digestOids: Readonly<Record<DigestName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  streebog256: '1.2.398.3.10.1.3.2',
  streebog512: '1.2.398.3.10.1.3.3',
  gost34311: '1.2.398.3.10.1.3.1',
};

const byOid = new Map(
  Object.entries(digestOids).map(([name, oid]) => [oid, name as DigestName] as const),
);

/** Undefined for a digest that is not ours. */
export function digestByOid(oid: string): DigestName | undefined {
  return byOid.get(oid);
}

export function createHasher(name: DigestName): Hasher {
  return makers[name]();
}

export function digestOf(name: DigestName, ...chunks: readonly Uint8Array[]): Uint8Array {
  const hasher = createHasher(name);
  for (const chunk of chunks) hasher.update(chunk);
  return hasher.digest();
}
