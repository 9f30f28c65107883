import { createHash } from 'node:crypto';
import {
  type AlgorithmIdentifier,
  isSameAlgorithm,
  readAlgorithmIdentifier,
} from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { type Asn1Header, readDer } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { timeOf } from '../asn1/time-of.ts';
import { integerBytes, smallInteger, wholeBits } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Extensions } from '../x509/extensions.ts';
import { type Name, readName } from '../x509/name.ts';
import type { CrlEntry } from './crl-record.ts';
import { type CrlTail, readCrlTail } from './crl-tail.ts';
import { OctetFeed } from './octet-feed.ts';
import { revocationReason } from './status-source.ts';

/** What stands before the entries. */
export interface CrlHead {
  readonly algorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

/** Who is told of a CRL as it comes. */
export interface CrlListener {
  head(head: CrlHead): void;
  entry(entry: CrlEntry): void | Promise<void>;
  /** The signed octets, in order, from the first; `head` comes before. */
  signed(octets: Uint8Array): void;
}

export interface ReadCrl {
  readonly head: CrlHead;
  readonly tail: CrlTail;
  readonly signature: Uint8Array;
  readonly entries: number;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
}

/**
 * Reads a CRL of any length as it comes: only one entry is in memory. Whether the signature is good is the listener's
 * to say, and nothing of it may be used before. DER only. Throws `crl-parse`, `too-large` and `crl-scope`.
 * RFC 5280 5.1.
 */
export async function readCrl(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  listener: CrlListener,
  mostEntries: number = limits.crlEntries,
): Promise<ReadCrl> {
  try {
    return await new CrlReading(chunks, listener, mostEntries).run();
  } catch (error) {
    if (error instanceof Refusal && ['parse', 'trailing-data'].includes(error.code)) {
      throw new Refusal('crl-parse', error.detail, { cause: error });
    }
    throw error;
  }
}

class CrlReading {
  readonly #feed: OctetFeed;
  readonly #listener: CrlListener;
  readonly #digest = createHash('sha256');
  readonly #mostEntries: number;
  #entries = 0;

  constructor(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    listener: CrlListener,
    mostEntries: number,
  ) {
    this.#mostEntries = mostEntries;
    this.#feed = new OctetFeed(chunks, limits.crlBytes);
    this.#feed.onChunk = (chunk) => this.#digest.update(chunk);
    this.#listener = listener;
  }

  async run(): Promise<ReadCrl> {
    const listEnd = await this.#open('CertificateList');
    const early: Uint8Array[] = [];
    this.#feed.onTaken = (octets) => early.push(octets);
    const end = await this.#open('TBSCertList');
    const head = await this.#head(end);
    this.#listener.head(head);
    for (const octets of early) this.#listener.signed(octets);
    this.#feed.onTaken = (octets) => {
      this.#listener.signed(octets);
    };
    const extensions = await this.#body(end);
    if (this.#feed.position !== end) throw new Refusal('crl-parse', 'TBSCertList too long');
    this.#feed.onTaken = () => undefined;

    const algorithm = readAlgorithmIdentifier(await this.#element(), 'signatureAlgorithm');
    if (!isSameAlgorithm(algorithm, head.algorithm)) {
      throw new Refusal('crl-parse', 'the algorithm fields differ');
    }
    const signature = wholeBits(await this.#element(), 'signature');
    if (this.#feed.position !== listEnd || !(await this.#feed.isAtEnd())) {
      throw new Refusal('crl-parse', 'something follows');
    }
    return {
      head,
      tail: readCrlTail(extensions),
      signature: Uint8Array.from(signature),
      entries: this.#entries,
      bytes: this.#feed.position,
      sha256: this.#digest.digest('hex'),
    };
  }

  /** Takes the header of a SEQUENCE; the position where it ends. */
  async #open(what: string): Promise<number> {
    const header = await this.#feed.header();
    if (!isSequence(header) || header.contentBytes === undefined || !header.minimal) {
      throw new Refusal('crl-parse', what);
    }
    await this.#feed.take(header.headerBytes);
    return this.#feed.position + header.contentBytes;
  }

  /** Takes a whole element that is not large. */
  async #element(): Promise<Asn1Node> {
    const header = await this.#feed.header();
    const length = header.headerBytes + (header.contentBytes ?? Infinity);
    if (length > limits.crlFrameBytes) throw new Refusal('crl-parse', 'an element too large');
    return readDer(Uint8Array.from(await this.#feed.take(length)));
  }

  async #head(end: number): Promise<CrlHead> {
    // Version 2 is written as 1, and only it may have extensions.
    if (smallInteger(await this.#element(), 'version') !== 1) throw new Refusal('parse', 'version');
    const algorithm = readAlgorithmIdentifier(await this.#element(), 'signature');
    const issuer = readName(await this.#element(), 'issuer');
    const thisUpdate = timeOf(await this.#element(), 'thisUpdate');
    let nextUpdate: number | undefined;
    if (this.#feed.position < end && isTime(await this.#feed.header())) {
      nextUpdate = timeOf(await this.#element(), 'nextUpdate');
    }
    return { algorithm, issuer, thisUpdate, nextUpdate };
  }

  async #body(end: number): Promise<Extensions> {
    if (this.#feed.position < end && isSequence(await this.#feed.header())) {
      await this.#revoked(await this.#open('revokedCertificates'));
    }
    if (this.#feed.position >= end) return Extensions.none;
    const explicit = await this.#element();
    if (!explicit.is('context', 0, true)) throw new Refusal('parse', 'crlExtensions');
    return Extensions.read(explicit.only('crlExtensions'), 'crlExtensions');
  }

  async #revoked(end: number): Promise<void> {
    while (this.#feed.position < end) {
      if (++this.#entries > this.#mostEntries) throw new Refusal('too-large', 'CRL entries');
      const header = this.#feed.headerNow() ?? (await this.#feed.header());
      const length = header.headerBytes + (header.contentBytes ?? Infinity);
      if (length > limits.crlEntryBytes) throw new Refusal('crl-parse', 'an entry too large');
      const octets = this.#feed.takeNow(length) ?? (await this.#feed.take(length));
      const waits = this.#listener.entry(readEntry(readDer(octets)));
      if (waits !== undefined) await waits;
    }
    if (this.#feed.position !== end) throw new Refusal('crl-parse', 'entries too long');
  }
}

/** SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }, RFC 5280 5.1.2.6, 5.3. */
function readEntry(node: Asn1Node): CrlEntry {
  const fields = Fields.sequence(node, 'CRL entry');
  const serial = integerBytes(fields.next(), 'userCertificate');
  const revokedAt = timeOf(fields.next(), 'revocationDate');
  const listed = fields.rest();
  fields.end();
  if (serial.length > limits.serialBytes + 1) throw new Refusal('parse', 'userCertificate');
  if (listed === undefined) return { serial, revokedAt, reason: 'unspecified' };
  const extensions = Extensions.read(listed, 'crlEntryExtensions');
  // RFC 5280 5.3: a list with an entry that cannot be understood must not be used. An indirect one is such.
  const known = [oids.reasonCode, oids.invalidityDate];
  const [unknown] = extensions.unknownCritical(known);
  if (unknown !== undefined || extensions.has(oids.certificateIssuer)) {
    throw new Refusal('crl-scope', unknown ?? 'certificateIssuer');
  }
  const code = extensions.value(oids.reasonCode);
  const reason = revocationReason(
    code === undefined ? 0 : smallInteger(code, 'reasonCode', tags.enumerated),
  );
  if (reason === undefined) throw new Refusal('parse', 'reasonCode');
  return { serial, revokedAt, reason };
}

function isSequence(header: Asn1Header): boolean {
  return header.tagClass === 'universal' && header.tag === tags.sequence && header.constructed;
}

function isTime({ tagClass, tag }: Asn1Header): boolean {
  return tagClass === 'universal' && (tag === tags.utcTime || tag === tags.generalizedTime);
}
