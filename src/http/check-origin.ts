import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../gateway/gateway-error.ts';

/**
 * A change that a page asks for must come from a page of this site: browsers say where it is from in `Origin`, newer ones in
 * `Sec-Fetch-Site` too. Programs say neither. Throws `FOREIGN_PAGE`.
 */
export function checkOrigin(headers: IncomingHttpHeaders, origin: string): void {
  const from = headers.origin;
  const site = headers['sec-fetch-site'];
  const isForeign =
    (from !== undefined && from !== origin) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign) throw new GatewayError('FOREIGN_PAGE');
}
