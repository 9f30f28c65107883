import { createHash } from 'node:crypto';
import { digestOf, type DigestName } from '../algorithms/digests.ts';
import type { KeyFamily } from '../algorithms/signature-algorithms.ts';
import { oids } from '../oids.ts';
import type { CrlEntry } from '../revocation/crl-record.ts';
import { encodeCertId } from '../revocation/cert-id.ts';
import type { RevocationReason } from '../revocation/status-source.ts';
import type { Signer } from '../sign/signer.ts';
import type { SigningKey } from '../sign/signing-key.ts';
import type { Certificate, KeyUsage } from '../x509/certificate.ts';
import { type Role, roleOid } from '../x509/roles.ts';
import { extensions, issueCertificate } from './issue-certificate.ts';
import { issueCrl } from './issue-crl.ts';
import { issueOcsp } from './issue-ocsp.ts';
import { issueTimestamp } from './issue-timestamp.ts';
import { type MadeKey, makeKey } from './make-key.ts';
import { nameDer } from './name-der.ts';

const year = 365 * 86_400_000;
const hour = 3_600_000;

/** Whom a certificate is for, in the way of the National CA. */
export interface Subject {
  readonly commonName: string;
  readonly surname?: string;
  readonly givenName?: string;
  readonly iin?: string;
  readonly organization?: string;
  readonly bin?: string;
}

export interface IssueRequest {
  readonly subject: Subject | Uint8Array;
  readonly roles?: readonly Role[];
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly string[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** A key that is there already; else one of the authority's family is made. */
  readonly key?: MadeKey;
  /** Instead of all that follow from the rest. */
  readonly extensions?: readonly Uint8Array[];
}

/** Somebody with a certificate and its key. */
export interface Member extends Signer {
  readonly privateKeyInfo: Uint8Array;
}

export interface AuthorityOptions {
  readonly family: KeyFamily;
  /** What it was made at: its certificates are valid from an hour before. */
  readonly now: number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** In its names. */
  readonly label?: string;
}

/**
 * An authority for development and tests with all that the National CA has: root, issuing authority, OCSP responder,
 * timestamp authority, CRLs. Nobody should trust it in production, where its root is not pinned.
 */
export class TestAuthority {
  readonly family: KeyFamily;
  readonly root: Member;
  readonly issuing: Member;
  readonly responder: Member;
  readonly timestamps: Member;
  readonly revoked = new Map<string, CrlEntry>();
  readonly #options: AuthorityOptions;
  #number = 0n;

  private constructor(
    options: AuthorityOptions,
    parts: Pick<TestAuthority, 'root' | 'issuing' | 'responder' | 'timestamps'>,
  ) {
    this.family = options.family;
    this.#options = options;
    this.root = parts.root;
    this.issuing = parts.issuing;
    this.responder = parts.responder;
    this.timestamps = parts.timestamps;
  }

  static async create(options: AuthorityOptions): Promise<TestAuthority> {
    const label = `${options.label ?? 'TEST'} ${options.family.toUpperCase()}`;
    const name = (text: string): Uint8Array =>
      nameDer([
        [oids.commonName, `${text} ${label}`],
        [oids.country, 'KZ'],
      ]);
    const certSign = extensions.keyUsage('keyCertSign', 'cRLSign');
    const root = await issue(options, undefined, {
      subject: name('НЕГІЗГІ ОРТАЛЫҚ'),
      notAfter: options.now + 20 * year,
      extensions: [extensions.basicConstraints(true), certSign],
    });
    const issuing = await issue(options, root, {
      subject: name('КУӘЛАНДЫРУШЫ ОРТАЛЫҚ'),
      notAfter: options.now + 10 * year,
      extensions: [extensions.basicConstraints(true, 0), certSign],
    });
    const responder = await issue(options, issuing, {
      subject: name('OCSP'),
      extensions: [
        extensions.keyUsage('digitalSignature'),
        extensions.extendedKeyUsage([oids.ocspSigning]),
        extensions.noCheck(),
      ],
    });
    const timestamps = await issue(options, issuing, {
      subject: name('TSA'),
      extensions: [
        extensions.keyUsage('digitalSignature', 'nonRepudiation'),
        extensions.extendedKeyUsage([oids.timeStamping], true),
      ],
    });
    return new TestAuthority(options, { root, issuing, responder, timestamps });
  }

  /** One that was made before, out of what was kept of it. */
  static restore(
    options: AuthorityOptions,
    parts: Pick<TestAuthority, 'root' | 'issuing' | 'responder' | 'timestamps'>,
    revoked: readonly CrlEntry[],
  ): TestAuthority {
    const authority = new TestAuthority(options, parts);
    for (const entry of revoked) {
      authority.revoked.set(Buffer.from(entry.serial).toString('hex'), entry);
    }
    return authority;
  }

  /** The certificates a trust store needs. */
  get roots(): readonly Certificate[] {
    return [this.root.certificate];
  }

  issue(request: IssueRequest): Promise<Member> {
    return issue(this.#options, this.issuing, request);
  }

  revoke(certificate: Certificate, revokedAt: number, reason: RevocationReason): void {
    const { serial } = certificate;
    this.revoked.set(certificate.serialHex, { serial, revokedAt, reason });
  }

  /** What OCSP says of a certificate that was issued here. */
  statusOf(serialHex: string): 'good' | Pick<CrlEntry, 'revokedAt' | 'reason'> {
    return this.revoked.get(serialHex) ?? 'good';
  }

  /** An OCSP answer about one certificate. */
  ocsp(certificate: Certificate, producedAt: number, nonce?: Uint8Array): Promise<Uint8Array> {
    return issueOcsp({
      responder: this.responder,
      producedAt,
      nonce,
      responses: [
        {
          certId: encodeCertId(certificate, this.issuing.certificate),
          status: this.statusOf(certificate.serialHex),
          thisUpdate: producedAt,
        },
      ],
    });
  }

  /** The whole list, in force for a day. */
  crl(thisUpdate: number): Promise<Buffer> {
    return issueCrl(
      {
        issuer: this.issuing.certificate.subject.raw,
        thisUpdate,
        nextUpdate: thisUpdate + 24 * hour,
        entries: this.revoked.values(),
        number: ++this.#number,
      },
      this.issuing.key,
    );
  }

  /** A timestamp over the digest of octets. */
  timestamp(octets: Uint8Array, genTime: number): Promise<Buffer> {
    const { digest } = this.timestamps.key.algorithm;
    return this.timestampOf(digest, digestOf(digest, octets), genTime);
  }

  /** A timestamp over a digest, with the nonce that was asked with; `authority` signs instead of this one. */
  timestampOf(
    digest: DigestName,
    imprint: Uint8Array,
    genTime: number,
    options: { readonly nonce?: Uint8Array | undefined; readonly authority?: Signer } = {},
  ): Promise<Buffer> {
    const { nonce, authority = this.timestamps } = options;
    const serial = ++this.#number;
    const { policy } = this;
    return issueTimestamp({ authority, policy, digest, imprint, genTime, serial, nonce });
  }

  /** The National CA's policy for this family. */
  get policy(): string {
    return this.family === 'rsa' ? '1.2.398.3.3.2.6.2' : '1.2.398.3.3.2.6.4';
  }
}

/** A certificate by an issuer, or by itself. */
async function issue(
  options: AuthorityOptions,
  issuer: Member | undefined,
  request: IssueRequest,
): Promise<Member> {
  const made = request.key ?? (await makeKey(options.family, options.randomBytes));
  const subject = request.subject instanceof Uint8Array ? request.subject : subjectDer(request);
  const signedBy: SigningKey = issuer?.key ?? made.key;
  const serial = Buffer.from(options.randomBytes(16));
  serial.writeUInt8(0x40 | (serial.readUInt8(0) & 0x3f), 0);
  const certificate = await issueCertificate(
    {
      serial,
      subject,
      issuer: issuer?.certificate.subject.raw ?? subject,
      notBefore: request.notBefore ?? options.now - hour,
      notAfter: request.notAfter ?? options.now + year,
      publicKeyInfo: made.key.publicKeyInfo,
      extensions: [
        ...(request.extensions ?? memberExtensions(request)),
        extensions.subjectKeyId(keyId(made.key.publicKeyInfo)),
        extensions.authorityKeyId(keyId(signedBy.publicKeyInfo)),
      ],
    },
    signedBy,
  );
  const chain = issuer === undefined ? [] : [issuer.certificate, ...issuer.chain];
  return { key: made.key, certificate, chain, privateKeyInfo: made.privateKeyInfo };
}

function subjectDer({ subject }: IssueRequest): Uint8Array {
  if (subject instanceof Uint8Array) return subject;
  const { iin, bin } = subject;
  const attributes: [string, string | undefined][] = [
    [oids.commonName, subject.commonName],
    [oids.surname, subject.surname],
    [oids.serialNumber, iin && `IIN${iin}`],
    [oids.country, 'KZ'],
    [oids.organization, subject.organization],
    [oids.organizationalUnit, bin && `BIN${bin}`],
    [oids.givenName, subject.givenName],
  ];
  return nameDer(attributes.flatMap(([oid, value]) => (value === undefined ? [] : [[oid, value]])));
}

function memberExtensions(request: IssueRequest): readonly Uint8Array[] {
  const roles = request.roles ?? ['INDIVIDUAL'];
  const usages = request.extendedKeyUsage ?? [oids.emailProtection, ...roles.map(roleOid)];
  return [
    extensions.keyUsage(...(request.keyUsage ?? ['digitalSignature', 'nonRepudiation'])),
    ...(usages.length === 0 ? [] : [extensions.extendedKeyUsage(usages)]),
  ];
}

function keyId(publicKeyInfo: Uint8Array): Uint8Array {
  return createHash('sha1').update(publicKeyInfo).digest();
}
