import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { gost34311 } from '../../../src/eds/crypto/gost34311.ts';
import { gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import {
  readPublicKey,
  readSignature,
  writePublicKey,
  writeSignature,
} from '../../../src/eds/crypto/gost3410-octets.ts';
import { verifyGost3410 } from '../../../src/eds/crypto/gost3410.ts';
import { fromLittleEndian, toLittleEndian } from '../../../src/eds/crypto/little-endian.ts';
import { streebog } from '../../../src/eds/crypto/streebog.ts';

interface SignatureVectors {
  readonly vectors: readonly Record<
    'name' | 'curve' | 'publicKey' | 'digest' | 'signature',
    string
  >[];
}
interface HashVectors {
  readonly literals: readonly (Digests & { readonly text: string })[];
  readonly ff: readonly (Digests & { readonly ffBytes: number })[];
  readonly random: readonly (Digests & { readonly msg: string })[];
}
type Digests = Record<'streebog512' | 'streebog256' | 'gost34311_dtest', string>;

/** Signatures of the National CA, beside the project; they are no part of it. */
const folder = process.env['ZHASHIK_EDS_DATA'] ?? '../shared/eds';
const octetsOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

describe('octets of GOST 34.10', () => {
  for (const curve of gostCurves) {
    const size = curve.sizeBytes;

    it(`${curve.name}: keys and signatures are two numbers, little-endian`, () => {
      const key = writePublicKey(curve, { x: 0x0102n, y: curve.p - 1n });
      expect(key).to.have.length(2 * size);
      expect([...key.subarray(0, 3)]).to.deep.equal([2, 1, 0]);
      expect(readPublicKey(curve, key)).to.deep.equal({ x: 0x0102n, y: curve.p - 1n });
      const signature = writeSignature(curve, { r: curve.q - 1n, s: 0x030405n });
      expect([...signature.subarray(size, size + 4)]).to.deep.equal([5, 4, 3, 0]);
      expect(readSignature(curve, signature)).to.deep.equal({ r: curve.q - 1n, s: 0x030405n });
    });

    it(`${curve.name}: another length is nothing`, () => {
      for (const length of [0, 1, size, 2 * size - 1, 2 * size + 1, 4 * size]) {
        expect(readPublicKey(curve, new Uint8Array(length))).to.equal(undefined);
        expect(readSignature(curve, new Uint8Array(length))).to.equal(undefined);
      }
    });
  }

  it('reads and writes numbers, and says when one is too long', () => {
    expect(fromLittleEndian(new Uint8Array())).to.equal(0n);
    expect(fromLittleEndian(Uint8Array.of(0xff, 0x01, 0))).to.equal(0x1ffn);
    expect([...toLittleEndian(0x1ffn, 3)]).to.deep.equal([0xff, 1, 0]);
    expect([...toLittleEndian(0n, 2)]).to.deep.equal([0, 0]);
    expect(() => toLittleEndian(0x10000n, 2)).to.throw(RangeError);
    expect(() => toLittleEndian(-1n, 2)).to.throw(RangeError);
  });

  describe('of the National CA', () => {
    before(function () {
      if (existsSync(folder)) return;
      process.stderr.write(`    no ${folder}: its signatures and digests are not tried\n`);
      this.skip();
    });

    it('verify, and not with any bit of the first octets changed', () => {
      const text = readFileSync(`${folder}/params/signature_vectors.json`, 'utf8');
      const { vectors } = JSON.parse(text) as SignatureVectors;
      expect(vectors).not.to.be.empty;
      for (const vector of vectors) {
        const curve = gostCurves.find(({ oid }) => oid === vector.curve)!;
        const verify = (digest: Uint8Array, octets: Uint8Array): boolean => {
          const key = readPublicKey(curve, octetsOf(vector.publicKey))!;
          return verifyGost3410(curve, key, digest, readSignature(curve, octets)!);
        };
        const [digest, signature] = [octetsOf(vector.digest), octetsOf(vector.signature)];
        expect(verify(digest, signature), vector.name).to.equal(true);
        for (let bit = 0; bit < 16; bit++) {
          const flip = (octet: number, i: number): number =>
            i === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet;
          expect(verify(digest.map(flip), signature), vector.name).to.equal(false);
          expect(verify(digest, signature.map(flip)), vector.name).to.equal(false);
        }
      }
    });

    it('are of digests that come out as others found them', () => {
      const text = readFileSync(`${folder}/params/hash_vectors.json`, 'utf8');
      const { literals, ff, random } = JSON.parse(text) as HashVectors;
      const all: (Digests & { readonly content: Uint8Array })[] = [
        ...literals.map((row) => ({ ...row, content: Buffer.from(row.text) })),
        ...ff.map((row) => ({ ...row, content: new Uint8Array(row.ffBytes).fill(0xff) })),
        ...random.map((row) => ({ ...row, content: octetsOf(row.msg) })),
      ];
      for (const { content, streebog512, streebog256, gost34311_dtest: old } of all) {
        expect(streebog(512, content)).to.deep.equal(new Uint8Array(octetsOf(streebog512)));
        expect(streebog(256, content)).to.deep.equal(new Uint8Array(octetsOf(streebog256)));
        expect(gost34311(content)).to.deep.equal(new Uint8Array(octetsOf(old)));
      }
    });
  });
});
