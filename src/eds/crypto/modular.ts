/** The remainder from 0 to m - 1, of a negative number too. */
export function mod(value: bigint, m: bigint): bigint {
  const rest = value % m;
  return rest < 0n ? rest + m : rest;
}

/** The inverse modulo a prime, by Euclid's algorithm. Zero has none and gives zero. */
export function inverse(value: bigint, prime: bigint): bigint {
  let [a, b] = [prime, mod(value, prime)];
  let [x, y] = [0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? mod(x, prime) : 0n;
}
