import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { gost2015Bits512, gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import { gost34311 } from '../../../src/eds/crypto/gost34311.ts';
import { publicKeyOf, signGost3410 } from '../../../src/eds/crypto/gost3410.ts';
import { hashPieceBytes } from '../../../src/eds/crypto/limits.ts';
import { streebog } from '../../../src/eds/crypto/streebog.ts';
import { CryptoPool } from '../../../src/eds/pool/crypto-pool.ts';
import { randomSeed } from '../crypto/plain/cases.ts';
import { Random } from '../crypto/plain/random.ts';

/** What a promise is rejected with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

function* pieces(content: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

describe('the pool for signatures', () => {
  let pool: CryptoPool;
  const digest = new Random(randomSeed).octets(64);

  beforeEach(() => {
    pool = new CryptoPool({ threads: 2, maxWaiting: 3, maxContents: 3 });
  });
  afterEach(() => pool.close());

  it('signs and verifies as the caller would itself', async () => {
    for (const curve of gostCurves) {
      const own = digest.subarray(0, curve.sizeBytes);
      const key = publicKeyOf(curve, 77n);
      const signature = await pool.sign(curve, 77n, own);
      expect(signature).to.deep.equal(signGost3410(curve, 77n, own));
      for (const issuer of [false, true]) {
        expect(await pool.verify(curve, key, own, signature, { issuer })).to.equal(true);
        const wrong = { ...signature, s: signature.s ^ 1n };
        expect(await pool.verify(curve, key, own, wrong, { issuer })).to.equal(false);
        const off = { x: key.x, y: key.y ^ 1n };
        expect(await pool.verify(curve, off, own, signature, { issuer })).to.equal(false);
      }
    }
  });

  it(`hashes content of any length, in pieces of any length (seed ${randomSeed})`, async () => {
    const random = new Random(randomSeed);
    for (const length of [0, 1, 1000, hashPieceBytes, hashPieceBytes + 65]) {
      const content = random.octets(length);
      const of = (hash: 'streebog256' | 'streebog512' | 'gost34311'): Promise<Uint8Array> =>
        pool.digest(hash, pieces(content, 1 + random.number(50_000)));
      const [short, long, old] = await Promise.all([
        of('streebog256'),
        of('streebog512'),
        of('gost34311'),
      ]);
      expect(short).to.deep.equal(streebog(256, content));
      expect(long).to.deep.equal(streebog(512, content));
      expect(old).to.deep.equal(gost34311(content));
    }
  });

  it('reads content no faster than it hashes', async () => {
    const single = new CryptoPool({ threads: 1, maxWaiting: 3, maxContents: 1 });
    let read = 0;
    const content = (function* () {
      for (; read < 3; read++) yield new Uint8Array(hashPieceBytes);
    })();
    const first = single.sign(gost2015Bits512, 5n, digest);
    const hashed = single.digest('gost34311', content);
    await first;
    // The only thread was signing: of the content there is the piece that waits for it.
    expect(read).to.equal(0);
    expect(await hashed).to.deep.equal(gost34311(new Uint8Array(3 * hashPieceBytes)));
    await single.close();
  });

  it('refuses one more than may wait, and takes jobs again afterwards', async () => {
    const curve = gost2015Bits512;
    const jobs = Array.from({ length: 5 }, () => pool.sign(curve, 5n, digest));
    expect(pool.waiting).to.equal(3);
    const refused = (await failure(pool.sign(curve, 5n, digest))) as MailError;
    expect(refused).to.be.instanceOf(MailError);
    expect(refused.failure).to.equal('unavailable');
    expect(refused.message).to.contain('try again');
    for (const signature of await Promise.all(jobs)) {
      expect(signature).to.deep.equal(signGost3410(curve, 5n, digest));
    }
    expect(pool.waiting).to.equal(0);
    expect(await pool.sign(curve, 5n, digest)).to.deep.equal(signGost3410(curve, 5n, digest));
  });

  it('refuses one more content than may be hashed at once, and lets a content that began end', async () => {
    const curve = gost2015Bits512;
    let go = (): void => undefined;
    const slow = new Promise<void>((resolve) => (go = resolve));
    const content = new Uint8Array(hashPieceBytes + 1);
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 1);
      await slow;
      yield content.subarray(1);
    }
    const hashed = [0, 1, 2].map(() => pool.digest('gost34311', slowly()));
    const refused = (await failure(pool.digest('gost34311', [content]))) as MailError;
    expect(refused.failure).to.equal('unavailable');
    // As many as may wait, and more: none of the contents is refused for that.
    const jobs = Array.from({ length: 5 }, () => pool.sign(curve, 5n, digest));
    const more = failure(pool.sign(curve, 5n, digest));
    go();
    for (const one of await Promise.all(hashed)) expect(one).to.deep.equal(gost34311(content));
    expect(await more).to.be.instanceOf(MailError);
    await Promise.all(jobs);
    expect(await pool.digest('gost34311', [content])).to.deep.equal(gost34311(content));
  });

  it('rejects with what the content throws, and holds no place for it', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(digest);
      throw new Error('the disk is gone');
    }
    for (let i = 0; i < 5; i++) {
      const error = (await failure(pool.digest('streebog512', broken()))) as Error;
      expect(error.message).to.equal('the disk is gone');
    }
  });

  it('says what is wrong with a job, and goes on', async () => {
    const curve = gost2015Bits512;
    const wrongKey = (await failure(pool.sign(curve, 0n, digest))) as Error;
    expect(wrongKey.message).to.equal('no private key of the curve');
    const wrongCurve = await failure(pool.sign({ ...curve, oid: '1.2.3' }, 5n, digest));
    expect((wrongCurve as Error).message).to.equal('no such parameter set');
    expect(await pool.sign(curve, 5n, digest)).to.deep.equal(signGost3410(curve, 5n, digest));
  });

  it('ends: what runs and what waits rejects, and so does what comes later', async () => {
    const curve = gost2015Bits512;
    const jobs = Array.from({ length: 5 }, () => failure(pool.sign(curve, 5n, digest)));
    await Promise.resolve();
    await pool.close();
    for (const error of await Promise.all(jobs)) expect(error).to.be.instanceOf(Error);
    const later = (await failure(pool.sign(curve, 5n, digest))) as MailError;
    expect(later.failure).to.equal('unavailable');
  });
});
