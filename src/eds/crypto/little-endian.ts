/** The number that octets stand for, the least significant first. */
export function fromLittleEndian(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
}

/** A number as `length` octets, the least significant first. Throws a RangeError when it needs more, or is negative. */
export function toLittleEndian(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16);
  if (value < 0n || digits.length > 2 * length) throw new RangeError('the number is too long');
  return new Uint8Array(Buffer.from(digits.padStart(2 * length, '0'), 'hex').reverse());
}
