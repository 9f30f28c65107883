/**
 * Under which a backend keeps a record: kinds have no slash, so the two never run together. It is ASCII, so that every
 * database sorts it as the octets of the key: those from the tilde on are a tilde and two digits.
 */
export function recordId(kind: string, key: string): string {
  const octets = Buffer.from(key).toString('latin1');
  const ascii = octets.replace(/[~-\xff]/g, (octet) => `~${octet.charCodeAt(0).toString(16)}`);
  return `${kind}/${ascii}`;
}

/** The parts of an id. */
export function recordNameOf(id: string): { readonly kind: string; readonly key: string } {
  const slash = id.indexOf('/');
  const octets = id
    .slice(slash + 1)
    .replace(/~(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return { kind: id.slice(0, slash), key: Buffer.from(octets, 'latin1').toString() };
}
