import {
  streebogIterations,
  streebogMatrix,
  streebogSubstitution,
} from '../../../../src/eds/crypto/streebog-constants.ts';

/*
 * Streebog as RFC 6986 writes it: vectors of 64 octets, the most significant first, and one transformation after the
 * other. Slow, and made to be compared with the text of the standard.
 */
const substitution = Buffer.from(streebogSubstitution, 'hex');
const matrix = streebogMatrix.map((row) => BigInt(`0x${row}`));
const iterations = streebogIterations.map((constant) => [...Buffer.from(constant, 'hex')]);
const modulus = 1n << 512n;

type Vector = readonly number[];

/** The digest in the order of messageDigest. */
export function plainStreebog(bits: 256 | 512, message: Uint8Array): Uint8Array {
  let h: Vector = new Array<number>(64).fill(bits === 256 ? 1 : 0);
  let n = 0n;
  let sum = 0n;
  let rest = message;
  for (; rest.length >= 64; rest = rest.subarray(64)) {
    const m = [...rest.subarray(0, 64)].reverse();
    h = g(vector(n), h, m);
    n = (n + 512n) % modulus;
    sum = (sum + number(m)) % modulus;
  }
  const m = [...new Array<number>(63 - rest.length).fill(0), 1, ...[...rest].reverse()];
  h = g(vector(n), h, m);
  n = (n + BigInt(8 * rest.length)) % modulus;
  sum = (sum + number(m)) % modulus;
  h = g(vector(0n), h, vector(n));
  h = g(vector(0n), h, vector(sum));
  return Uint8Array.from((bits === 512 ? h : h.slice(0, 32)).toReversed());
}

function g(n: Vector, h: Vector, m: Vector): Vector {
  return xor(xor(e(lps(xor(h, n)), m), h), m);
}

function e(firstKey: Vector, m: Vector): Vector {
  let key = firstKey;
  let state = m;
  for (const constant of iterations) {
    state = lps(xor(state, key));
    key = lps(xor(key, constant));
  }
  return xor(state, key);
}

function lps(value: Vector): Vector {
  const substituted = value.map((octet) => substitution[octet] ?? 0);
  // Tau is the transposition of a matrix of eight rows.
  const transposed = substituted.map((_, i) => substituted[(i % 8) * 8 + Math.floor(i / 8)] ?? 0);
  return [0, 1, 2, 3, 4, 5, 6, 7].flatMap((row) => linear(transposed.slice(8 * row, 8 * row + 8)));
}

function linear(row: Vector): Vector {
  let sum = 0n;
  row.forEach((octet, i) => {
    for (let bit = 0; bit < 8; bit++) {
      if (((octet >> (7 - bit)) & 1) === 1) sum ^= matrix[8 * i + bit] ?? 0n;
    }
  });
  return [...Buffer.from(sum.toString(16).padStart(16, '0'), 'hex')];
}

function xor(one: Vector, two: Vector): Vector {
  return one.map((octet, i) => octet ^ (two[i] ?? 0));
}

function number(value: Vector): bigint {
  return BigInt(`0x${Buffer.from(value).toString('hex')}`);
}

function vector(value: bigint): Vector {
  return [...Buffer.from(value.toString(16).padStart(128, '0'), 'hex')];
}
