import { createHash } from 'node:crypto';
import {
  type AlgorithmIdentifier,
  isSameAlgorithm,
  readAlgorithmIdentifier,
} from '../algorithms/algorithm-identifier.ts';
import {
  type PublicKey,
  type PublicKeyInfo,
  publicKeyOf,
  readPublicKeyInfo,
} from '../algorithms/public-key.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { timeOf } from '../asn1/time-of.ts';
import {
  booleanOf,
  contextPrimitive,
  integerBytes,
  namedBits,
  octetsOf,
  oidOf,
  smallInteger,
  wholeBits,
} from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Extensions } from './extensions.ts';
import { type Name, readName } from './name.ts';

/** RFC 5280 4.2.1.3, by bit number. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

/** What a chain may rest on: whoever has other critical extensions is refused. */
const knownExtensions: readonly string[] = [
  oids.subjectKeyIdentifier,
  oids.keyUsage,
  oids.subjectAltName,
  oids.issuerAltName,
  oids.basicConstraints,
  oids.crlDistributionPoints,
  oids.certificatePolicies,
  oids.authorityKeyIdentifier,
  oids.extendedKeyUsage,
  oids.freshestCrl,
  oids.authorityInfoAccess,
  oids.ocspNoCheck,
  oids.keyStore,
];

/** A certificate of version 3, RFC 5280 4.1: read whole when it is made, so that a wrong one is refused at once. */
export class Certificate {
  /** The octets as they came. */
  readonly der: Uint8Array;
  /** SHA-256 of the octets, in hex. */
  readonly fingerprint: string;
  /** What is signed. */
  readonly tbs: Uint8Array;
  /** The octets of the number, as the file has them. */
  readonly serial: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKeyInfo: PublicKeyInfo;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** Whether the signed field says the same algorithm as the one beside the signature. RFC 5280 4.1.1.2. */
  readonly algorithmFieldsAgree: boolean;
  readonly signature: Uint8Array;
  readonly extensions: Extensions;
  /** Undefined: no basicConstraints, so not an authority. */
  readonly basicConstraints:
    { readonly authority: boolean; readonly pathLength: number | undefined } | undefined;
  /** Undefined: the extension is not there. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsage: readonly string[];
  readonly policies: readonly string[];
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  #publicKey: PublicKey | undefined;

  /** Throws `parse` or `trailing-data`, and `too-large`. */
  constructor(der: Uint8Array) {
    if (der.length > limits.certificateBytes) throw new Refusal('too-large', 'certificate');
    const fields = Fields.sequence(readDer(der), 'Certificate');
    const tbs = fields.next();
    this.signatureAlgorithm = readAlgorithmIdentifier(fields.next(), 'signatureAlgorithm');
    this.signature = wholeBits(fields.next(), 'signature');
    fields.end();
    this.der = der;
    this.fingerprint = createHash('sha256').update(der).digest('hex');
    this.tbs = tbs.raw;

    const inner = Fields.sequence(tbs, 'TBSCertificate');
    const version = inner.optional('context', 0);
    // Version 3 alone: older ones have no extensions, so that anyone could be an authority.
    if (version === undefined || smallInteger(version.only('version'), 'version') !== 2) {
      throw new Refusal('parse', 'not a certificate of version 3');
    }
    this.serial = integerBytes(inner.next(), 'serialNumber');
    if (this.serial.length > limits.serialBytes + 1) throw new Refusal('parse', 'serialNumber');
    const signature = readAlgorithmIdentifier(inner.next(), 'signature');
    this.algorithmFieldsAgree = isSameAlgorithm(signature, this.signatureAlgorithm);
    this.issuer = readName(inner.next(), 'issuer');
    const validity = Fields.sequence(inner.next(), 'validity');
    this.notBefore = timeOf(validity.next(), 'notBefore');
    this.notAfter = timeOf(validity.next(), 'notAfter');
    validity.end();
    this.subject = readName(inner.next(), 'subject');
    this.publicKeyInfo = readPublicKeyInfo(inner.next());
    inner.optional('context', 1);
    inner.optional('context', 2);
    const extensions = inner.optional('context', 3);
    inner.end();
    this.extensions =
      extensions === undefined
        ? Extensions.none
        : Extensions.read(extensions.only('extensions'), 'extensions');

    const value = (oid: string): Asn1Node | undefined => this.extensions.value(oid);
    this.basicConstraints = readBasicConstraints(value(oids.basicConstraints));
    this.keyUsage = readKeyUsage(value(oids.keyUsage));
    this.extendedKeyUsage = readOidList(value(oids.extendedKeyUsage), 'extKeyUsage');
    this.policies = readPolicies(value(oids.certificatePolicies));
    const subjectKeyId = value(oids.subjectKeyIdentifier);
    this.subjectKeyId = subjectKeyId && octetsOf(subjectKeyId, 'subjectKeyIdentifier');
    this.authorityKeyId = readAuthorityKeyId(value(oids.authorityKeyIdentifier));
  }

  get serialHex(): string {
    return Buffer.from(this.serial).toString('hex');
  }

  /** Throws `algorithm-not-allowed` or `key-invalid`. */
  get publicKey(): PublicKey {
    return (this.#publicKey ??= publicKeyOf(this.publicKeyInfo));
  }

  /** Whether subject and issuer are the same name; that it signed itself is not asked. */
  get isSelfIssued(): boolean {
    return Buffer.compare(this.subject.raw, this.issuer.raw) === 0;
  }

  get unknownCriticalExtensions(): readonly string[] {
    return this.extensions.unknownCritical(knownExtensions);
  }

  equals(other: Certificate): boolean {
    return Buffer.compare(this.der, other.der) === 0;
  }
}

function readBasicConstraints(node: Asn1Node | undefined): Certificate['basicConstraints'] {
  if (node === undefined) return undefined;
  const fields = Fields.sequence(node, 'basicConstraints');
  const flag = fields.optional('universal', tags.boolean);
  const length = fields.optional('universal', tags.integer);
  fields.end();
  return {
    authority: flag !== undefined && booleanOf(flag, 'basicConstraints'),
    pathLength: length && smallInteger(length, 'pathLenConstraint'),
  };
}

function readKeyUsage(node: Asn1Node | undefined): ReadonlySet<KeyUsage> | undefined {
  if (node === undefined) return undefined;
  const set = new Set<KeyUsage>();
  for (const bit of namedBits(node, 'keyUsage')) {
    const usage = keyUsages[bit];
    if (usage === undefined) throw new Refusal('parse', 'keyUsage: an unknown bit');
    set.add(usage);
  }
  return set;
}

function readOidList(node: Asn1Node | undefined, what: string): readonly string[] {
  if (node === undefined) return [];
  if (!node.is('universal', tags.sequence, true)) throw new Refusal('parse', what);
  return node.children.map((child) => oidOf(child, what));
}

function readPolicies(node: Asn1Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if (!node.is('universal', tags.sequence, true)) throw new Refusal('parse', 'policies');
  return node.children.map((child) => oidOf(Fields.sequence(child, 'policy').next(), 'policy'));
}

function readAuthorityKeyId(node: Asn1Node | undefined): Uint8Array | undefined {
  if (node === undefined) return undefined;
  const id = Fields.sequence(node, 'authorityKeyIdentifier').optional('context', 0);
  return id && contextPrimitive(id, 0, 'keyIdentifier');
}
