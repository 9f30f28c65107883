/**
 * How many octets of a letter are the Return-Path that it begins with; 0 when it has none. Every accepted letter has
 * the one that delivery put there, in one line; who relays or returns the letter must not send it on, RFC 5321 §4.4.
 */
export function returnPathBytes(octets: Buffer): number {
  if (!/^return-path:/i.test(octets.toString('latin1', 0, 12))) return 0;
  return octets.indexOf('\r\n') + 2;
}
