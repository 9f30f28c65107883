import { createHash } from 'node:crypto';
import { signatureAlgorithmOf } from '../algorithms/signature-algorithms.ts';
import type { RunningVerification, SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CrlMeta } from './crl-index.ts';
import { encodeRecord } from './crl-record.ts';
import { readCrl } from './read-crl.ts';
import type { RecordSorter } from './record-sorter.ts';

/** What a CRL is filed under. */
export function issuerKey(certificate: Certificate): string {
  return createHash('sha256').update(certificate.publicKeyInfo.raw).digest('hex');
}

/**
 * Reads a CRL as it comes and verifies it with the keys of those certificates that have the name of its issuer and may
 * sign lists. Its records go to the sorter and are worth nothing unless this resolves. That a certificate leads to a
 * root is not asked: a list is only ever used for a chain that has its key. Throws a `Refusal`. RFC 5280 6.3.3 (f), (g).
 */
export async function verifiedCrl(
  verifier: SignatureVerifier,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  issuers: readonly Certificate[],
  sorter: Pick<RecordSorter, 'add'>,
): Promise<CrlMeta> {
  const running = new Map<string, RunningVerification>();
  const crl = await readCrl(chunks, {
    head: (head) => {
      const algorithm = signatureAlgorithmOf(head.algorithm);
      for (const issuer of issuers) {
        if (Buffer.compare(issuer.subject.raw, head.issuer.raw) !== 0) continue;
        if (issuer.keyUsage?.has('cRLSign') !== true) continue;
        const key = issuerKey(issuer);
        if (!running.has(key)) running.set(key, verifier.begin(issuer.publicKey, algorithm));
      }
      if (running.size === 0) throw new Refusal('crl-issuer-mismatch');
    },
    signed: (octets) => {
      for (const one of running.values()) one.update(octets);
    },
    entry: (entry) => sorter.add(encodeRecord(entry)),
  });
  for (const [key, one] of running) {
    if (!(await one.verify(crl.signature))) continue;
    const { head, tail } = crl;
    return {
      issuerKey: key,
      thisUpdate: head.thisUpdate,
      nextUpdate: head.nextUpdate,
      number: tail.number?.toString(),
      deltaBase: tail.deltaBase?.toString(),
      scope: tail.scope,
      expiredSince: tail.expiredSince,
      entries: crl.entries,
      sha256: crl.sha256,
    };
  }
  throw new Refusal('crl-signature-invalid');
}
