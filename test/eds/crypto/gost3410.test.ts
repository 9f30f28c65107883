import { expect } from 'chai';
import type { CurvePoint, GostCurve } from '../../../src/eds/crypto/gost-curve.ts';
import { gost2015Bits256, gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import {
  type GostSignature,
  prepareGost3410Key,
  publicKeyOf,
  signGost3410,
  verifyGost3410,
} from '../../../src/eds/crypto/gost3410.ts';
import { maxPreparedKeys } from '../../../src/eds/crypto/limits.ts';
import { fromLittleEndian, toLittleEndian } from '../../../src/eds/crypto/little-endian.ts';
import { randomSeed, randomSignatures } from './plain/cases.ts';
import { examples } from './plain/example-curves.ts';
import { modulo, plainAdd, plainInverse, plainSum, plainVerify } from './plain/plain-gost3410.ts';
import { plainStreebog } from './plain/plain-streebog.ts';
import { Random } from './plain/random.ts';

interface Signed {
  readonly curve: GostCurve;
  readonly privateKey: bigint;
  readonly key: CurvePoint;
  readonly digest: Uint8Array;
  readonly signature: GostSignature;
}

function signed(curve: GostCurve, random: Random): Signed {
  const privateKey = random.bigint(curve.q);
  const digest = random.octets(curve.sizeBytes);
  const signature = signGost3410(curve, privateKey, digest);
  return { curve, privateKey, key: publicKeyOf(curve, privateKey), digest, signature };
}

function isValid({ curve, key, digest, signature }: Signed): boolean {
  return verifyGost3410(curve, key, digest, signature);
}

describe('signatures of GOST 34.10', () => {
  for (const { name, curve, privateKey, publicKey, e, k, r, s } of examples) {
    it(`makes the public key and accepts the signature of ${name}`, () => {
      const digest = toLittleEndian(e, curve.sizeBytes);
      expect(publicKeyOf(curve, privateKey)).to.deep.equal(publicKey);
      expect(publicKeyOf(curve, k).x % curve.q).to.equal(r);
      expect(verifyGost3410(curve, publicKey, digest, { r, s })).to.equal(true);
      expect(verifyGost3410(curve, publicKey, digest, { r: s, s: r })).to.equal(false);
      expect(verifyGost3410(curve, publicKey, digest.toReversed(), { r, s })).to.equal(false);
    });
  }

  for (const curve of gostCurves) {
    const { p, q, base, sizeBytes } = curve;
    const title = `${curve.name}: `;

    it(`${title}signatures are right by the plain form too, and wrong when a bit is, in ${randomSignatures} random cases (seed ${randomSeed})`, function () {
      this.timeout(3_600_000);
      const random = new Random(randomSeed);
      for (let i = 0; i < randomSignatures; i++) {
        const one = signed(curve, random);
        const { r, s } = one.signature;
        const e = fromLittleEndian(one.digest);
        expect(plainVerify(curve, one.key, e, one.signature), `case ${i}`).to.equal(true);
        expect(isValid(one), `case ${i}`).to.equal(true);
        const bit = 1n << BigInt(random.number(8 * sizeBytes));
        const digest = toLittleEndian(e ^ bit, sizeBytes);
        const key = { x: one.key.x, y: p - one.key.y };
        for (const change of [
          { signature: { r: r ^ bit, s } },
          { signature: { r, s: s ^ bit } },
          { signature: { r, s: q - s } },
          { digest },
          { key },
        ]) {
          expect(isValid({ ...one, ...change }), `case ${i}`).to.equal(false);
        }
      }
    });

    it(`${title}k is drawn as RFC 6979 §3.2 and §3.6 say, with Streebog`, () => {
      const random = new Random(randomSeed);
      for (let i = 0; i < 3; i++) {
        const { privateKey, digest, signature } = signed(curve, random);
        const e = fromLittleEndian(digest) % q;
        const k = plainNonce(curve, privateKey, e);
        const r = (plainSum(curve, k, base, 0n, { x: 0n, y: 0n })?.x ?? 0n) % q;
        expect(signature).to.deep.equal({ r, s: modulo(r * privateKey + k * e, q) });
      }
    });

    it(`${title}a digest that is zero modulo q counts as one`, () => {
      const key = publicKeyOf(curve, 5n);
      const zero = new Uint8Array(sizeBytes);
      const signature = signGost3410(curve, 5n, zero);
      expect(plainVerify(curve, key, 1n, signature)).to.equal(true);
      expect(verifyGost3410(curve, key, zero, signature)).to.equal(true);
      expect(verifyGost3410(curve, key, toLittleEndian(q, sizeBytes), signature)).to.equal(true);
      expect(verifyGost3410(curve, key, toLittleEndian(2n, sizeBytes), signature)).to.equal(false);
    });

    it(`${title}keys for which the short formulas do not hold`, () => {
      const random = new Random(randomSeed);
      for (const privateKey of [1n, 2n, 3n, q - 1n, q - 2n, (q + 1n) / 2n]) {
        const key = publicKeyOf(curve, privateKey);
        for (let i = 0; i < 8; i++) {
          const digest = random.octets(sizeBytes);
          const signature = signGost3410(curve, privateKey, digest);
          expect(verifyGost3410(curve, key, digest, signature), `${privateKey}`).to.equal(true);
        }
      }
    });

    describe(`${title}refuses, and does not throw for`, () => {
      const one = signed(curve, new Random(randomSeed));
      const { r, s } = one.signature;
      const { x, y } = one.key;
      const huge = 1n << 3000n;
      const signatures: Readonly<Record<string, GostSignature>> = {
        'r = 0': { r: 0n, s },
        's = 0': { r, s: 0n },
        'r = s = 0': { r: 0n, s: 0n },
        'r = q': { r: q, s },
        's = q': { r, s: q },
        'r + q': { r: r + q, s },
        's + q': { r, s: s + q },
        'r - q': { r: r - q, s },
        's - q': { r, s: s - q },
        'a huge r': { r: huge, s },
        'a huge s': { r, s: huge },
        'r and s the other way round': { r: s, s: r },
      };
      for (const [what, signature] of Object.entries(signatures)) {
        it(what, () => {
          expect(isValid({ ...one, signature })).to.equal(false);
        });
      }
      const keys: Readonly<Record<string, CurvePoint>> = {
        'a key off the curve': { x, y: y ^ 1n },
        'the key x + p': { x: x + p, y },
        'the key y + p': { x, y: y + p },
        'the key y - p': { x, y: y - p },
        'the key x - p': { x: x - p, y },
        'the key (0, 0)': { x: 0n, y: 0n },
        'a huge key': { x: huge, y: huge },
        'the opposite key': { x, y: p - y },
      };
      for (const [what, key] of Object.entries(keys)) {
        it(what, () => {
          expect(isValid({ ...one, key })).to.equal(false);
          if (what !== 'the opposite key') {
            expect(prepareGost3410Key(curve, key)).to.equal(false);
          }
        });
      }
      for (const length of [0, 1, 48, sizeBytes - 1, sizeBytes + 1, 2 * sizeBytes]) {
        it(`a digest of ${length} octets`, () => {
          const digest = new Uint8Array(length);
          digest.set(one.digest.subarray(0, length));
          expect(isValid({ ...one, digest })).to.equal(false);
        });
      }
      it('s = 0 for a digest for which the sum would have x = r', () => {
        // C = -r/e Q needs no private key: choose -r/e, then r, then e.
        const v = 12345n;
        const r = plainSum(curve, v, one.key, 0n, base)!.x % q;
        const digest = toLittleEndian(modulo(-r * plainInverse(v, q), q), sizeBytes);
        expect(isValid({ ...one, digest, signature: { r, s: 0n } })).to.equal(false);
        expect(isValid({ ...one, digest, signature: { r, s: q } })).to.equal(false);
      });
      it('a signature whose point is infinity', () => {
        // C = uG + vQ with Q = dG is infinity when u = -vd, that is when s = rd.
        const signature = { r, s: modulo(r * one.privateKey, q) };
        expect(isValid({ ...one, signature })).to.equal(false);
      });
    });

    it(`${title}prepared keys verify as others do, and the oldest makes room`, function () {
      this.timeout(60_000);
      const random = new Random(randomSeed);
      const all = Array.from({ length: 2 * maxPreparedKeys + 2 }, () => signed(curve, random));
      for (const { key } of all) expect(prepareGost3410Key(curve, key)).to.equal(true);
      for (const one of all) {
        expect(prepareGost3410Key(curve, all.at(-1)!.key)).to.equal(true);
        expect(isValid(one)).to.equal(true);
        const { r, s } = one.signature;
        expect(isValid({ ...one, signature: { r, s: s ^ 1n } })).to.equal(false);
        expect(isValid({ ...one, digest: random.octets(sizeBytes) })).to.equal(false);
      }
    });

    it(`${title}signs with private keys from 1 to q - 1 and digests of ${sizeBytes} octets only`, () => {
      const digest = new Uint8Array(sizeBytes);
      for (const wrong of [0n, -1n, q, q + 1n]) {
        expect(() => signGost3410(curve, wrong, digest)).to.throw(RangeError);
        expect(() => publicKeyOf(curve, wrong)).to.throw(RangeError);
      }
      expect(() => signGost3410(curve, 1n, digest.subarray(1))).to.throw(RangeError);
    });
  }

  it(`never throws and never accepts numbers of any length and sign (seed ${randomSeed})`, () => {
    const random = new Random(randomSeed);
    const any = (): bigint => {
      const value = random.bigint(2n ** BigInt(1 + random.number(700)) + 1n);
      return random.number(4) === 0 ? -value : value;
    };
    for (let i = 0; i < 2000; i++) {
      const curve = gostCurves[i % gostCurves.length]!;
      const key = i % 2 === 0 ? { x: any(), y: any() } : curve.base;
      const digest = random.octets(curve.sizeBytes);
      expect(verifyGost3410(curve, key, digest, { r: any(), s: any() })).to.equal(false);
    }
  });

  describe('a curve with cofactor 4', () => {
    const curve = gost2015Bits256;
    const { p, a, b, q, base } = curve;

    /** A point of order 2 or 4: q times a point that is not of the subgroup. */
    function smallPoints(): CurvePoint[] {
      const found = new Map<string, CurvePoint>();
      for (let x = 1n; found.size < 3 && x < 200n; x++) {
        const square = modulo(x ** 3n + a * x + b, p);
        const y = power(square, (p + 1n) / 4n, p);
        if (modulo(y * y - square, p) !== 0n) continue;
        const point = plainSum(curve, q, { x, y }, 0n, base);
        if (point !== undefined) found.set(`${point.x} ${point.y}`, point);
      }
      return [...found.values()];
    }

    it('has no keys of order 2 or 4, though the sum comes out', () => {
      const points = smallPoints();
      expect(points).to.have.length(3);
      const random = new Random(randomSeed);
      for (const key of points) {
        const digest = random.octets(32);
        const e = fromLittleEndian(digest) % q;
        const signature = withoutPrivateKey(key, e, random);
        expect(plainVerify(curve, key, e, signature)).to.equal(true);
        expect(verifyGost3410(curve, key, digest, signature)).to.equal(false);
        expect(prepareGost3410Key(curve, key)).to.equal(false);
      }
    });

    it('has no keys of the subgroup plus such a point', () => {
      const random = new Random(randomSeed);
      for (const small of smallPoints()) {
        const one = signed(curve, random);
        const key = plainAdd(curve, one.key, small)!;
        expect(isValid(one)).to.equal(true);
        expect(isValid({ ...one, key })).to.equal(false);
        expect(prepareGost3410Key(curve, key)).to.equal(false);
      }
    });

    /** Whoever may name a key of small order needs no private key: r tells which multiple of it comes in. */
    function withoutPrivateKey(key: CurvePoint, e: bigint, random: Random): GostSignature {
      for (;;) {
        const u = random.bigint(q);
        for (let multiple = 0n; multiple < 4n; multiple++) {
          const r = (plainSum(curve, u, base, multiple, key)?.x ?? 0n) % q;
          const v = modulo(-r * plainInverse(e, q), q);
          const signature = { r, s: modulo(u * e, q) };
          if (v % 4n === multiple && plainVerify(curve, key, e, signature)) return signature;
        }
      }
    }
  });
});

/** k of RFC 6979 §3.2 by the plain hash, numbers little-endian, the curve's OID as additional data. */
function plainNonce(curve: GostCurve, privateKey: bigint, e: bigint): bigint {
  const size = curve.sizeBytes;
  const bits = size === 64 ? 512 : 256;
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const block = Buffer.alloc(64);
    block.set(key);
    const pad = (octet: number): Uint8Array => block.map((value) => value ^ octet);
    const inner = plainStreebog(bits, Buffer.concat([pad(0x36), ...parts]));
    return plainStreebog(bits, Buffer.concat([pad(0x5c), inner]));
  };
  const seed = Buffer.concat([
    toLittleEndian(privateKey, size),
    toLittleEndian(e, size),
    Buffer.from(curve.oid),
  ]);
  let v: Uint8Array = Buffer.alloc(size, 1);
  let k: Uint8Array = Buffer.alloc(size, 0);
  k = hmac(k, v, Buffer.from([0]), seed);
  v = hmac(k, v);
  k = hmac(k, v, Buffer.from([1]), seed);
  v = hmac(k, v);
  const mask = (1n << BigInt(curve.q.toString(2).length)) - 1n;
  for (;;) {
    v = hmac(k, v);
    const candidate = fromLittleEndian(v) & mask;
    if (candidate > 0n && candidate < curve.q) return candidate;
    k = hmac(k, v, Buffer.from([0]));
    v = hmac(k, v);
  }
}

function power(value: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % m;
    if (bit === '1') result = (result * value) % m;
  }
  return result;
}
