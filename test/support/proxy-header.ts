const signature = '\r\n\r\n\0\r\nQUIT\n';

/** A header of the PROXY protocol, version 2. */
export function v2(command: number, family: number, addresses: readonly number[]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(addresses.length);
  return Buffer.concat([
    Buffer.from(signature, 'latin1'),
    Buffer.from([command, family]),
    length,
    Buffer.from(addresses),
  ]);
}
