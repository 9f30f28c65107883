/** A cookie of this site: secure, of this host alone, for the whole site. RFC 6265bis 4.1.3.2 */
export interface CookieToSet {
  readonly name: `__Host-${string}`;
  /** Empty: the browser forgets it. */
  readonly value: string;
  /** Whether scripts of the page may read it. */
  readonly readable?: boolean;
  readonly maxAgeMs: number;
}

/** Values by name; of a name that is there twice none is believed. Never throws. RFC 6265 4.2.1 */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const doubled = new Set<string>();
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at <= 0) continue;
    const name = pair.slice(0, at).trim();
    if (found.has(name)) doubled.add(name);
    found.set(name, pair.slice(at + 1).trim());
  }
  for (const name of doubled) found.delete(name);
  return found;
}

/** The value of a Set-Cookie header. Values here are base64url and need no quoting. */
export function cookieText({ name, value, readable = false, maxAgeMs }: CookieToSet): string {
  const age = value === '' ? 0 : Math.floor(maxAgeMs / 1000);
  const attributes = ['Path=/', `Max-Age=${age}`, 'Secure', 'SameSite=Strict'];
  if (!readable) attributes.push('HttpOnly');
  return [`${name}=${value}`, ...attributes].join('; ');
}
