import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** A list of IP networks: who is trusted to speak for others, who may log in without TLS. */
export class Networks {
  readonly #list = new BlockList();

  /** Each entry an address or a network: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. Throws `TypeError` naming a bad one. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const network = parseNetwork(entry);
      if (network === undefined) throw new TypeError(`Not an IP network: ${entry}`);
      this.#list.addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** Whether the address is in one of them; an IPv4 address written as IPv6 counts as IPv4. */
  contains(address: string): boolean {
    const plain = unmapped(address);
    if (isIP(plain) === 0) return false;
    return this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}

/** Whether the text is an address or a network. */
export function isNetwork(entry: string): boolean {
  return parseNetwork(entry) !== undefined;
}

/**
 * The IPv4 address within an IPv4-mapped IPv6 one (RFC 4291 §2.5.5.2) however that is spelled, otherwise the address
 * itself: one client must not be two to a throttle or a list.
 */
export function unmapped(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  if (!/^[0:]+:ffff:[\d.:a-f]+$/i.test(address) || !isIPv6(address)) return address;
  const shortest = new URL(`http://[${address}]/`).hostname;
  const [, high, low] = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return address;
  const octets = [high, low].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return octets.join('.');
}

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseNetwork(entry: string): Network | undefined {
  const [address = '', length, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? longest : Number(length);
  if (prefix > longest) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
