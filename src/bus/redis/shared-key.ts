import { createHash } from 'node:crypto';

/**
 * The name under which a key is kept in Redis: of bounded length, whatever a client made up, and nobody reads in it who
 * tries to log in from where.
 */
export function sharedKey(prefix: string, key: string): string {
  return `${prefix}:${createHash('sha256').update(key).digest('base64url').slice(0, 24)}`;
}
