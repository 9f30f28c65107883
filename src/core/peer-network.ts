import { isIPv6 } from 'node:net';
import { unmapped } from './networks.ts';

/**
 * What counts as one place on the network: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177 §2),
 * because its owner can use each address in it.
 */
export function peerNetwork(peer: string): string {
  const address = unmapped(peer);
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const filled = address.includes('::')
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  const groups = filled.slice(0, 4).map((group) => (parseInt(group, 16) || 0).toString(16));
  return `${groups.join(':')}::/64`;
}
