/** A point other than the one at infinity. Nothing says that it lies on a curve. */
export interface CurvePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** y² = x³ + ax + b modulo p with a base point of prime order q: the parameters of GOST 34.10, RFC 7091 §5.2. */
export interface GostCurve {
  /** The parameter set as certificates name it. */
  readonly oid: string;
  readonly name: string;
  /** Length of a number modulo p or q, and of the digest that is signed. */
  readonly sizeBytes: 32 | 64;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly q: bigint;
  /** Points of the curve for one of the subgroup. */
  readonly cofactor: 1n | 4n;
  readonly base: CurvePoint;
}
