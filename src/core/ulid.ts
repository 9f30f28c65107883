import { randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 26 characters that order by time and are not guessed: 48 bits of milliseconds, 80 random ones. */
export function ulid(now: number, random: (size: number) => Uint8Array = randomBytes): string {
  let time = '';
  for (let left = now, i = 0; i < 10; i += 1, left = Math.floor(left / 32)) {
    time = (digits[left % 32] as string) + time;
  }
  let value = 0n;
  for (const octet of random(10)) value = (value << 8n) | BigInt(octet);
  let rest = '';
  for (let i = 0; i < 16; i += 1, value >>= 5n)
    rest = (digits[Number(value & 31n)] as string) + rest;
  return time + rest;
}
