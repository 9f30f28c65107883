/**
 * A number as a sum of odd digits from -2^(width-1) to 2^(width-1), each times the power of two of its place, with
 * at least `width` - 1 zeros between two of them: the non-adjacent form. `octets` are little-endian; there is one
 * place more than they have bits. The time depends on the number.
 */
export function signedDigits(octets: Uint8Array, width: number): Int16Array {
  const bits = 8 * octets.length;
  const digits = new Int16Array(bits + 1);
  const mask = 2 ** width - 1;
  let carry = 0;
  for (let i = 0; i <= bits;) {
    const octet = i >> 3;
    const window = (((octets[octet] ?? 0) | ((octets[octet + 1] ?? 0) << 8)) >> (i & 7)) & mask;
    const value = window + carry;
    if ((value & 1) === 0) {
      i += 1;
      continue;
    }
    carry = value >> (width - 1);
    digits[i] = value - carry * 2 ** width;
    i += width;
  }
  return digits;
}
