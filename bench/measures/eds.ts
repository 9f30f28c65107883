import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { CurvePoint, GostCurve } from '../../src/eds/crypto/gost-curve.ts';
import { gostCurves } from '../../src/eds/crypto/gost-curves.ts';
import { gost34311 } from '../../src/eds/crypto/gost34311.ts';
import {
  type GostSignature,
  prepareGost3410Key,
  publicKeyOf,
  signGost3410,
  verifyGost3410,
} from '../../src/eds/crypto/gost3410.ts';
import { fromLittleEndian } from '../../src/eds/crypto/little-endian.ts';
import { inverse, mod } from '../../src/eds/crypto/modular.ts';
import { streebog } from '../../src/eds/crypto/streebog.ts';
import { plainGost34311 } from '../../test/eds/crypto/plain/plain-gost34311.ts';
import { plainStreebog } from '../../test/eds/crypto/plain/plain-streebog.ts';
import { multiply, sumOfProducts } from '../plain/jacobian-points.ts';
import type { Recorder } from '../recorder.ts';

interface Signed {
  readonly privateKey: bigint;
  readonly key: CurvePoint;
  readonly digest: Uint8Array;
  readonly signature: GostSignature;
}

/**
 * Signatures and hashes of GOST as they are done here, and in the plain form: what the texts of the standards say,
 * with BigInt and double-and-add. All on one thread. `forMs` is how long each figure is measured.
 */
export function measureEds(ours: Recorder, plain: Recorder, forMs: number): void {
  for (const curve of gostCurves) measureSignatures(curve, ours, plain, forMs);
  const megabyte = randomBytes(2 ** 20);
  const part = megabyte.subarray(0, 16 * 1024);
  for (const [name, fast, slow] of [
    ['Streebog-512', streebog.bind(undefined, 512), plainStreebog.bind(undefined, 512)],
    ['Streebog-256', streebog.bind(undefined, 256), plainStreebog.bind(undefined, 256)],
    ['GOST 34.311-95', gost34311, plainGost34311],
  ] as const) {
    const speed = (ms: number, octets: Uint8Array): number => octets.length / 1000 / ms;
    const title = `${name}, content of 1 MiB`;
    const fastMs = cpuMs(forMs, () => fast(megabyte));
    ours.add(title, 'MB/s', speed(fastMs, megabyte), 'more');
    const slowMs = cpuMs(forMs, () => slow(part));
    plain.add(title, 'MB/s', speed(slowMs, part), 'more');
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signature = sign('sha256', megabyte.subarray(0, 64), privateKey);
  const rsaMs = cpuMs(forMs, () => {
    verify('sha256', megabyte.subarray(0, 64), publicKey, signature);
  });
  ours.add('RSA of 2048 bits by the platform: verify', 'ms', rsaMs);
}

function measureSignatures(curve: GostCurve, ours: Recorder, plain: Recorder, forMs: number): void {
  const title = (what: string): string => `${curve.name}: ${what}`;
  const all = Array.from({ length: 64 }, (): Signed => {
    const privateKey = mod(fromLittleEndian(randomBytes(72)), curve.q - 1n) + 1n;
    const digest = randomBytes(curve.sizeBytes);
    const signature = signGost3410(curve, privateKey, digest);
    return { privateKey, key: publicKeyOf(curve, privateKey), digest, signature };
  });
  const each = (work: (one: Signed) => unknown): number => {
    let i = 0;
    return cpuMs(forMs, () => {
      const one = all[i++ % all.length];
      if (one !== undefined && work(one) === false) throw new Error('a signature is not valid');
    });
  };
  const fast = ({ key, digest, signature }: Signed): boolean =>
    verifyGost3410(curve, key, digest, signature);
  const verifyMs = each(fast);
  const slowMs = each((one) => plainVerify(curve, one));
  ours.add(title('verify'), 'ms', verifyMs);
  plain.add(title('verify'), 'ms', slowMs);
  ours.add(
    title('sign'),
    'ms',
    each((one) => signGost3410(curve, one.privateKey, one.digest)),
  );
  plain.add(
    title('sign'),
    'ms',
    each((one) => multiply(curve, one.privateKey, curve.base)),
  );
  for (const { key } of all.slice(0, 8)) prepareGost3410Key(curve, key);
  all.length = 8;
  ours.add(title('verify, key with a table'), 'ms', each(fast));
  plain.add(title('verify, key with a table'), 'ms', slowMs);
}

function plainVerify(curve: GostCurve, { key, digest, signature }: Signed): boolean {
  const { q } = curve;
  const { r, s } = signature;
  const v = inverse(fromLittleEndian(digest), q);
  const c = sumOfProducts(curve, mod(s * v, q), curve.base, mod(-r * v, q), key);
  return c !== undefined && c.x % q === r;
}

/** Milliseconds of CPU that one run takes, warm: other programs on the machine do not count. */
function cpuMs(forMs: number, work: () => void): number {
  let found = 0;
  for (let round = 0; round < 2; round++) {
    const start = process.cpuUsage();
    let runs = 0;
    let ms = 0;
    do {
      work();
      runs += 1;
      const { user, system } = process.cpuUsage(start);
      ms = (user + system) / 1000;
    } while (ms < forMs);
    found = ms / runs;
  }
  return found;
}
