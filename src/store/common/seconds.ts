/** Milliseconds since 1970 as the whole seconds that an index row keeps, within its 32 bits. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(0, Math.min(0xffff_ffff, Math.floor(milliseconds / 1000)));
}
