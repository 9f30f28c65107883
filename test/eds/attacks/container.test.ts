import { digestOids } from '../../../src/eds/algorithms/digests.ts';
import { der } from '../../../src/eds/asn1/der.ts';
import type { Asn1Node } from '../../../src/eds/asn1/node.ts';
import { readAsn1 } from '../../../src/eds/asn1/read-asn1.ts';
import type { Member, TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import { limits } from '../../../src/eds/limits.ts';
import { oids } from '../../../src/eds/oids.ts';
import { attribute } from '../../../src/eds/sign/cms-der.ts';
import { attackSuite } from '../support/attack-suite.ts';
import { authority, person } from '../support/authorities.ts';
import { now } from '../support/clock.ts';
import { flip, forge, letter } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: attacks on the container and the signed attributes', function () {
  this.timeout(60_000);
  let ca: TestAuthority;
  let rsa: TestAuthority;
  let signer: Member;
  let rsaSigner: Member;
  before(async () => {
    [ca, rsa] = await Promise.all([authority('gost2015-512'), authority('rsa')]);
    [signer, rsaSigner] = await Promise.all([person(ca), person(rsa)]);
  });
  const policy = () => documentPolicy(trusting(...ca.roots, ...rsa.roots), now);
  const pem = (bytes: Uint8Array, eol = '\n'): string =>
    `-----BEGIN CMS-----${eol}${Buffer.from(bytes).toString('base64').replace(/.{64}/g, `$&${eol}`)}${eol}-----END CMS-----${eol}`;
  const login = { purpose: 'login' } as const;

  describe('what is good', () => {
    attackSuite(
      {
        DER: [[], async () => ({ signature: await forge(signer) })],
        RSA: [[], async () => ({ signature: await forge(rsaSigner) })],
        'base64 in one line': [
          [],
          async () => ({ signature: Buffer.from((await forge(signer)).toString('base64')) }),
        ],
        'base64 in lines': [
          [],
          async () => {
            const text = (await forge(signer)).toString('base64').replace(/.{76}/g, '$&\r\n');
            return { signature: Buffer.from(text) };
          },
        ],
        PEM: [[], async () => ({ signature: Buffer.from(pem(await forge(signer), '\r\n')) })],
        'BER: indefinite lengths, the content in pieces': [
          [],
          async () => ({ signature: indefinite(readAsn1(await forge(signer)), isOutside) }),
        ],
        detached: [
          [],
          async () => ({ signature: await forge(signer, { carried: undefined }), content: letter }),
        ],
        'attached with the same content beside it': [
          [],
          async () => ({ signature: await forge(signer), content: letter }),
        ],
        'the bare key as the algorithm of the signature, as KalkanCrypt writes it': [
          [],
          async () => ({
            signature: await forge(signer, {
              algorithm: der.sequence(der.oid('1.2.398.3.10.1.1.2.2'), der.null()),
            }),
          }),
        ],
        'rsaEncryption as the algorithm of the signature': [
          [],
          async () => ({
            signature: await forge(rsaSigner, {
              algorithm: der.sequence(der.oid('1.2.840.113549.1.1.1'), der.null()),
            }),
          }),
        ],
        'a signer by key identifier': [
          [],
          async () => ({
            signature: await forge(signer, {
              identifier: der.contextPrimitive(0, signer.certificate.subjectKeyId ?? letter),
            }),
          }),
        ],
        'an identity number of somebody else in the content': [
          [],
          async () => ({
            signature: await forge(signer, { content: Buffer.from('IIN991231499118') }),
            policy: { owner: { kind: 'person', roles: [], iin: '850101399113' } },
          }),
        ],
      },
      policy,
    );
  });

  describe('the container', () => {
    const nested = (depth: number): Buffer => {
      let bytes: Buffer = Buffer.of(0x30, 0);
      for (let i = 0; i < depth; i++) bytes = der.sequence(bytes);
      return bytes;
    };
    attackSuite(
      {
        nothing: [['parse'], () => Promise.resolve({ signature: Buffer.alloc(0) })],
        'octets behind the end': [
          ['trailing-data'],
          async () => ({ signature: Buffer.concat([await forge(signer), Buffer.of(0, 0)]) }),
        ],
        'cut off': [['parse'], async () => ({ signature: (await forge(signer)).subarray(0, -5) })],
        'sequences in sequences': [['parse'], () => Promise.resolve({ signature: nested(5000) })],
        'indefinite sequences without an end': [
          ['parse'],
          () => Promise.resolve({ signature: Buffer.alloc(100_000, Buffer.of(0x30, 0x80)) }),
        ],
        'a length past the end': [
          ['parse'],
          () => Promise.resolve({ signature: Buffer.from('3085ffffffffff0201', 'hex') }),
        ],
        'a length of 127 octets': [
          ['parse'],
          () =>
            Promise.resolve({
              signature: Buffer.concat([Buffer.of(0x30, 0xff), Buffer.alloc(200)]),
            }),
        ],
        'very many elements': [
          ['parse'],
          () =>
            Promise.resolve({
              signature: der.sequence(Buffer.alloc(2 * (limits.asn1Elements + 1), Buffer.of(5, 0))),
            }),
        ],
        'data that is not signed': [
          ['parse'],
          () => Promise.resolve({ signature: der.sequence(der.oid(oids.data)) }),
        ],
        'nobody signed': [
          ['no-signers'],
          async () => ({ signature: await forge(signer, { signers: 0 }) }),
        ],
        'more signers than the limit': [
          ['too-large'],
          async () => ({ signature: await forge(signer, { signers: limits.signers + 1 }) }),
        ],
        'PEM of two blocks': [
          ['parse'],
          async () => {
            const text = pem(await forge(signer));
            return { signature: Buffer.from(text + text) };
          },
        ],
        'PEM with another end': [
          ['parse'],
          async () => ({
            signature: Buffer.from(pem(await forge(signer)).replace('END CMS', 'END PKCS7')),
          }),
        ],
        'base64 with bits left over': [
          ['parse'],
          async () => {
            const content = Buffer.alloc(40);
            const more = padTo(await forge(signer, { content }));
            const bytes = await forge(signer, { content: Buffer.alloc(40 + more) });
            // Of the last digit four bits are used by no octet.
            const text = bytes
              .toString('base64')
              .replace(/(.)==$/, (_, last: string) => `${next(last)}==`);
            return { signature: Buffer.from(text) };
          },
        ],
        'a page of HTML': [
          ['parse'],
          () => Promise.resolve({ signature: Buffer.from('<html><body>503</body></html>') }),
        ],
        'BER where the signature is over the octets': [
          ['parse'],
          async () => ({ signature: indefinite(readAsn1(await forge(signer)), () => true) }),
        ],
        'a login that is too large': [
          ['too-large'],
          async () => ({
            signature: await forge(signer, { content: Buffer.alloc(limits.loginCmsBytes) }),
            policy: login,
          }),
        ],
        'a login of two': [
          ['too-many-signers'],
          async () => ({ signature: await forge(signer, { signers: 2 }), policy: login }),
        ],
        'a SignedData of no version': [
          ['parse'],
          async () => {
            const bytes = await forge(signer);
            const at = bytes.indexOf(Buffer.from('020101', 'hex'));
            return { signature: flip(bytes, at + 2, 3) };
          },
        ],
        'a key identifier with the version of the other form': [
          ['parse'],
          async () => {
            const id = der.contextPrimitive(0, signer.certificate.subjectKeyId ?? letter);
            const bytes = await forge(signer, { identifier: id });
            const at = bytes.lastIndexOf(Buffer.concat([Buffer.from('020103', 'hex'), id]));
            return { signature: flip(bytes, at + 2, 2) };
          },
        ],
      },
      policy,
    );
  });

  describe('the content', () => {
    attackSuite(
      {
        changed: [
          ['message-digest-mismatch'],
          async () => ({ signature: await forge(signer, { carried: flip(letter, 3) }) }),
        ],
        missing: [
          ['content-missing'],
          async () => ({ signature: await forge(signer, { carried: undefined }) }),
        ],
        'another one beside a detached signature': [
          ['message-digest-mismatch'],
          async () => ({
            signature: await forge(signer, { carried: undefined }),
            content: flip(letter, 3),
          }),
        ],
        'another one beside an attached signature': [
          ['content-mismatch'],
          async () => ({ signature: await forge(signer), content: flip(letter, 3) }),
        ],
        'empty in place of something': [
          ['message-digest-mismatch'],
          async () => ({ signature: await forge(signer, { carried: Buffer.alloc(0) }) }),
        ],
      },
      policy,
    );
  });

  describe('the signed attributes', () => {
    attackSuite(
      {
        none: [
          ['no-signed-attrs'],
          async () => ({ signature: await forge(signer, { noAttributes: true }) }),
        ],
        'those of another signature as the content': [
          ['no-signed-attrs'],
          async () => {
            let lifted: Buffer = letter;
            await forge(signer, { signed: (set) => (lifted = set) });
            return { signature: await forge(signer, { noAttributes: true, content: lifted }) };
          },
        ],
        'signed with the tag that they are sent with': [
          ['signature-invalid'],
          async () => ({
            signature: await forge(signer, {
              signed: (set) => Buffer.concat([Buffer.of(0xa0), set.subarray(1)]),
            }),
          }),
        ],
        'no content type': [
          ['content-type-missing'],
          async () => ({
            signature: await forge(signer, { attributes: (a) => [a.messageDigest, a.ess] }),
          }),
        ],
        'another content type': [
          ['content-type-mismatch'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                attribute(oids.contentType, der.oid(oids.timestampInfo)),
                a.messageDigest,
                a.ess,
              ],
            }),
          }),
        ],
        'no digest': [
          ['message-digest-missing'],
          async () => ({
            signature: await forge(signer, { attributes: (a) => [a.contentType, a.ess] }),
          }),
        ],
        'two digests': [
          ['attribute-not-single-valued'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.ess,
                a.messageDigest,
                attribute(oids.messageDigest, der.octets(Buffer.alloc(64))),
              ],
            }),
          }),
        ],
        'a digest of two values': [
          ['attribute-not-single-valued'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.ess,
                attribute(
                  oids.messageDigest,
                  der.octets(Buffer.alloc(64, 1)),
                  der.octets(Buffer.alloc(64)),
                ),
              ],
            }),
          }),
        ],
        'a digest of no value': [
          ['attribute-not-single-valued'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [a.contentType, a.ess, attribute(oids.messageDigest)],
            }),
          }),
        ],
        'a digest cut short': [
          ['message-digest-mismatch'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.ess,
                attribute(oids.messageDigest, der.octets(Buffer.alloc(0))),
              ],
            }),
          }),
        ],
        'a digest of another algorithm': [
          ['digest-alg-mismatch'],
          async () => ({
            signature: await forge(signer, {
              digest: der.sequence(der.oid(digestOids.sha256), der.null()),
            }),
          }),
        ],
        'an algorithm that is not announced': [
          ['digest-alg-mismatch'],
          async () => ({ signature: await forge(signer, { digests: [] }) }),
        ],
        'a signing time that is none': [
          ['parse'],
          async () => ({
            signature: await forge(signer, {
              attributes: (a) => [
                a.contentType,
                a.messageDigest,
                a.ess,
                attribute(oids.signingTime, der.printable('261122080000Z')),
              ],
            }),
          }),
        ],
      },
      policy,
    );
  });
});

/** How many octets of content make the whole one more than a multiple of three. */
function padTo(bytes: Uint8Array): number {
  return (4 - (bytes.length % 3)) % 3;
}

function next(digit: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(digit) + 1] ?? 'A';
}

/** The containers of a CMS: what is not signed as it stands. Certificates and signed attributes are deeper. */
function isOutside(depth: number, node: Asn1Node): boolean {
  const isContent = node.is('context', 0, true) && node.children[0]?.is('universal', 4) === true;
  return depth < 4 || (depth === 4 && isContent);
}

/** The same in BER: constructed elements without a length, and octet strings in pieces, down to where they may be. */
function indefinite(
  node: Asn1Node,
  may: (depth: number, node: Asn1Node) => boolean,
  depth = 0,
): Buffer {
  const isContent = node.is('universal', 4) && node.content.length === letter.length;
  if (isContent) {
    const piece = (octets: Uint8Array): Buffer => der.octets(octets);
    const pieces = [piece(node.content.subarray(0, 7)), piece(node.content.subarray(7))];
    return Buffer.concat([Buffer.of(0x24, 0x80), ...pieces, Buffer.of(0, 0)]);
  }
  if (!node.constructed || !may(depth, node)) return Buffer.from(node.raw);
  const children = node.children.map((child) => indefinite(child, may, depth + 1));
  return Buffer.concat([node.raw.subarray(0, 1), Buffer.of(0x80), ...children, Buffer.of(0, 0)]);
}
