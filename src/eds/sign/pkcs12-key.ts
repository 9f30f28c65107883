import { createHash } from 'node:crypto';

export interface Pkcs12KeyRequest {
  readonly digest: 'sha1' | 'sha256';
  readonly purpose: 'key' | 'iv' | 'mac';
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Octets of the result. */
  readonly length: number;
}

const purposes = { key: 1, iv: 2, mac: 3 } as const;
/** v of RFC 7292 B.2: the block of SHA-1 and SHA-256. */
const blockBytes = 64;

/** Octets out of a password, RFC 7292 B.2. It is old and slow to use, and PKCS #12 files have it. */
export function pkcs12Key(request: Pkcs12KeyRequest): Buffer {
  const { digest, salt, iterations, length } = request;
  const text = Buffer.from(`${request.password}\0`, 'utf16le').swap16();
  const input = Buffer.concat([fill(salt), fill(text)]);
  const diversifier = Buffer.alloc(blockBytes, purposes[request.purpose]);
  const blocks: Buffer[] = [];
  for (let made = 0; made < length;) {
    let block = createHash(digest).update(diversifier).update(input).digest();
    for (let i = 1; i < iterations; i++) block = createHash(digest).update(block).digest();
    blocks.push(block);
    made += block.length;
    addToEach(input, fill(block.length < blockBytes ? block : block.subarray(0, blockBytes)));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** Repeated to a whole number of blocks. */
function fill(bytes: Uint8Array): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes, bytes);
}

/** Step 6 C: I_j = (I_j + B + 1) mod 2^v for each block. */
function addToEach(input: Buffer, block: Buffer): void {
  for (let start = 0; start < input.length; start += blockBytes) {
    let carry = 1;
    for (let i = blockBytes - 1; i >= 0; i--) {
      carry += input.readUInt8(start + i) + block.readUInt8(i);
      input.writeUInt8(carry & 0xff, start + i);
      carry >>= 8;
    }
  }
}
