import { createHmac, timingSafeEqual } from 'node:crypto';
import { digestByOid } from '../algorithms/digests.ts';
import { readAlgorithmIdentifier } from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { octetsOf, smallInteger } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { pkcs12Key } from './pkcs12-key.ts';

/** MacData ::= SEQUENCE { mac DigestInfo, macSalt, iterations DEFAULT 1 }: whether it is that of these octets. */
export function isMacOf(node: Asn1Node, content: Uint8Array, password: string): boolean {
  const fields = Fields.sequence(node, 'MacData');
  const info = Fields.sequence(fields.next(), 'DigestInfo');
  const digest = digestByOid(readAlgorithmIdentifier(info.next(), 'digestAlgorithm').oid);
  const expected = octetsOf(info.next(), 'digest');
  info.end();
  const salt = octetsOf(fields.next(), 'macSalt');
  const count = fields.rest();
  fields.end();
  const iterations = count === undefined ? 1 : smallInteger(count, 'iterations');
  if (iterations > limits.pkcs12Iterations) throw new Refusal('too-large', 'iterations');
  if (digest !== 'sha1' && digest !== 'sha256') throw new Refusal('algorithm-not-allowed', 'MAC');
  const length = digest === 'sha1' ? 20 : 32;
  const key = pkcs12Key({ digest, purpose: 'mac', password, salt, iterations, length });
  const found = createHmac(digest, key).update(content).digest();
  return found.length === expected.length && timingSafeEqual(found, expected);
}
