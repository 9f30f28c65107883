/**
 * An address as somebody may see it who is not logged in: `a***m@example.kz`. The owner knows it again; it tells nothing
 * of the login's length, and of a login of three characters or less only the first.
 */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const login = Array.from(address.slice(0, at));
  const [first = ''] = login;
  const last = login.length > 3 ? (login.at(-1) ?? '') : '';
  return `${first}***${last}${address.slice(at)}`;
}
