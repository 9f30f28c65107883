import { type RevocationReason, revocationReason, revocationReasons } from './status-source.ts';

/** One entry of a CRL. RFC 5280 5.1.2.6. */
export interface CrlEntry {
  /** The octets of the number, as the file has them. */
  readonly serial: Uint8Array;
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}

/** Every record is as long, so that the n-th is found without reading the others. */
export const recordBytes = 32;
/** A number of 20 octets and its sign. */
export const keyBytes = 21;
const timeOffset = keyBytes;
const reasonOffset = timeOffset + 6;

/** What records are sorted by: the number with its sign extended to the full length. */
export function recordKey(serial: Uint8Array): Buffer {
  const key = Buffer.alloc(keyBytes, (serial[0] ?? 0) >= 0x80 ? 0xff : 0);
  key.set(serial, keyBytes - serial.length);
  return key;
}

export function encodeRecord(entry: CrlEntry): Buffer {
  const record = Buffer.alloc(recordBytes);
  record.set(recordKey(entry.serial));
  record.writeUIntBE(Math.max(0, entry.revokedAt), timeOffset, 6);
  record.writeUInt8(reasonCode(entry.reason), reasonOffset);
  return record;
}

/** What a record says, but for the number. */
export function decodeRecord(record: Buffer): Pick<CrlEntry, 'revokedAt' | 'reason'> {
  return {
    revokedAt: record.readUIntBE(timeOffset, 6),
    reason: revocationReason(record.readUInt8(reasonOffset)) ?? 'unspecified',
  };
}

function reasonCode(reason: RevocationReason): number {
  const found = Object.entries(revocationReasons).find(([, name]) => name === reason);
  return Number(found?.[0] ?? 0);
}
