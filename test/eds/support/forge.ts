import { digestOf } from '../../../src/eds/algorithms/digests.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import { oids } from '../../../src/eds/oids.ts';
import { digestIdentifier, signatureIdentifier } from '../../../src/eds/sign/algorithm-der.ts';
import {
  attribute,
  essAttribute,
  issuerAndSerial,
  signedDataDer,
  signerInfoDer,
} from '../../../src/eds/sign/cms-der.ts';
import type { Signer } from '../../../src/eds/sign/signer.ts';
import type { Certificate } from '../../../src/eds/x509/certificate.ts';
import { minute, now } from './clock.ts';

export const letter = Buffer.from('{"purpose":"test","text":"сәлем"}');

export type AttributeName = 'contentType' | 'signingTime' | 'messageDigest' | 'ess';

/** What is to be wrong with a CMS; everything else is right. */
export interface Forgery {
  readonly content?: Uint8Array;
  /** What the CMS carries: something else than was signed, or undefined for nothing. */
  readonly carried?: Uint8Array | undefined;
  readonly contentType?: string;
  readonly signedAt?: number;
  /** The signed attributes, changed; undefined: none, and the content is signed. */
  readonly attributes?: (right: Readonly<Record<AttributeName, Buffer>>) => readonly Uint8Array[];
  readonly noAttributes?: boolean;
  /** What is signed instead of the SET. */
  readonly signed?: (right: Buffer) => Uint8Array;
  readonly signature?: (right: Uint8Array) => Uint8Array;
  readonly identifier?: Uint8Array;
  readonly digest?: Uint8Array;
  readonly digests?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
  readonly unsigned?: (signature: Uint8Array) => Promise<readonly Uint8Array[]>;
  readonly certificates?: readonly Certificate[];
  readonly crls?: readonly Uint8Array[];
  /** The certificate that the signature names by its hash. */
  readonly essOf?: Certificate;
  readonly signers?: number;
}

/** A CMS by a signer with something wrong. */
export async function forge(signer: Signer, forgery: Forgery = {}): Promise<Buffer> {
  const { algorithm } = signer.key;
  const content = forgery.content ?? letter;
  const contentType = forgery.contentType ?? oids.data;
  const right = {
    contentType: attribute(oids.contentType, der.oid(contentType)),
    signingTime: attribute(oids.signingTime, der.time(forgery.signedAt ?? now - minute)),
    messageDigest: attribute(oids.messageDigest, der.octets(digestOf(algorithm.digest, content))),
    ess: essAttribute(forgery.essOf ?? signer.certificate),
  };
  const attributes =
    forgery.noAttributes === true
      ? undefined
      : der.setOf(...(forgery.attributes?.(right) ?? Object.values(right)));
  const signed = attributes ?? Buffer.from(content);
  const good = await signer.key.sign(forgery.signed?.(signed) ?? signed);
  const signature = forgery.signature?.(good) ?? good;
  const info = signerInfoDer({
    identifier: forgery.identifier ?? issuerAndSerial(signer.certificate),
    digest: forgery.digest ?? digestIdentifier(algorithm.digest),
    attributes,
    algorithm: forgery.algorithm ?? signatureIdentifier(algorithm),
    signature,
    unsigned: (await forgery.unsigned?.(signature)) ?? [],
  });
  return signedDataDer({
    contentType,
    content: 'carried' in forgery ? forgery.carried : content,
    digests: forgery.digests ?? [forgery.digest ?? digestIdentifier(algorithm.digest)],
    certificates: forgery.certificates ?? [signer.certificate, ...signer.chain],
    crls: forgery.crls ?? [],
    signerInfos: Array.from({ length: forgery.signers ?? 1 }, () => info),
  });
}

/** The first place of a piece within octets, replaced by another of its length. */
export function replace(bytes: Uint8Array, piece: Uint8Array, by: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(piece);
  if (at < 0 || piece.length !== by.length) throw new RangeError('nothing to replace');
  copy.set(by, at);
  return copy;
}

/** The octets with one bit changed. */
export function flip(bytes: Uint8Array, at: number, bit = 1): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ bit, at);
  return copy;
}
