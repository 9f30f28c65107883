/*
 * GOST R 34.11-94 as RFC 5831 writes it, on numbers of 256 bits, with the cipher of RFC 5830 nibble by nibble.
 */
const rows = [
  [4, 10, 9, 2, 13, 8, 0, 14, 6, 11, 1, 12, 7, 15, 5, 3],
  [14, 11, 4, 12, 6, 13, 15, 10, 2, 3, 8, 1, 0, 7, 5, 9],
  [5, 8, 1, 13, 10, 3, 4, 2, 14, 15, 12, 7, 6, 0, 9, 11],
  [7, 13, 10, 1, 0, 8, 9, 15, 14, 4, 6, 12, 11, 2, 5, 3],
  [6, 12, 7, 1, 5, 15, 13, 8, 4, 10, 9, 14, 0, 3, 11, 2],
  [4, 11, 10, 0, 7, 2, 1, 13, 3, 6, 8, 5, 9, 12, 15, 14],
  [13, 11, 4, 1, 3, 15, 5, 9, 0, 10, 14, 7, 6, 8, 2, 12],
  [1, 15, 13, 0, 5, 7, 10, 4, 9, 2, 3, 14, 6, 11, 8, 12],
];
const constants = [0n, 0xff00ffff000000ffff0000ff00ffff0000ff00ff00ff00ffff00ff00ff00ff00n, 0n];

export function plainGost34311(message: Uint8Array): Uint8Array {
  let h = 0n;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 32) {
    const m = number(message.subarray(at, at + 32));
    h = step(h, m);
    sum = BigInt.asUintN(256, sum + m);
  }
  h = step(h, BigInt(8 * message.length));
  return octets(step(h, sum), 32);
}

function step(h: bigint, m: bigint): bigint {
  let [u, v] = [h, m];
  let s = 0n;
  for (let i = 0; i < 4; i++) {
    if (i > 0) {
      u = a(u) ^ (constants[i - 1] ?? 0n);
      v = a(a(v));
    }
    const block = BigInt.asUintN(64, h >> BigInt(64 * i));
    s |= encrypt(p(u ^ v), block) << BigInt(64 * i);
  }
  return times(61, psi, h ^ psi(m ^ times(12, psi, s)));
}

function a(y: bigint): bigint {
  return ((BigInt.asUintN(64, y) ^ BigInt.asUintN(64, y >> 64n)) << 192n) | (y >> 64n);
}

function p(y: bigint): bigint {
  const from = octets(y, 32);
  const to = new Uint8Array(32);
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 8; k++) to[i + 4 * k] = from[8 * i + k] ?? 0;
  }
  return number(to);
}

function psi(y: bigint): bigint {
  const word = (i: number): bigint => BigInt.asUintN(16, y >> BigInt(16 * (i - 1)));
  return ((word(1) ^ word(2) ^ word(3) ^ word(4) ^ word(13) ^ word(16)) << 240n) | (y >> 16n);
}

function encrypt(key: bigint, block: bigint): bigint {
  let [n1, n2] = [BigInt.asUintN(32, block), block >> 32n];
  for (let round = 0; round < 32; round++) {
    const place = round < 24 ? round % 8 : 31 - round;
    const part = BigInt.asUintN(32, key >> BigInt(32 * place));
    const sum = BigInt.asUintN(32, n1 + part);
    let substituted = 0n;
    rows.forEach((row, i) => {
      const nibble = Number((sum >> BigInt(4 * i)) & 15n);
      substituted |= BigInt(row[nibble] ?? 0) << BigInt(4 * i);
    });
    const turned = BigInt.asUintN(32, substituted << 11n) | (substituted >> 21n);
    [n1, n2] = [n2 ^ turned, n1];
  }
  return (n1 << 32n) | n2;
}

function times(count: number, change: (value: bigint) => bigint, value: bigint): bigint {
  return count === 0 ? value : times(count - 1, change, change(value));
}

function number(value: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(value).reverse().toString('hex')}`);
}

function octets(value: bigint, length: number): Uint8Array {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse();
}
