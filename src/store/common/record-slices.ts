import type { NewRecord } from '../records.ts';

/** Records in pieces, each of so many records and octets at most; a longer record is a piece of its own. */
export function* recordSlices<R extends NewRecord>(
  records: readonly R[],
  count: number,
  octets: number,
): Generator<readonly R[]> {
  let slice: R[] = [];
  let size = 0;
  for (const record of records) {
    const length = Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
    if (slice.length === count || (slice.length > 0 && size + length > octets)) {
      yield slice;
      slice = [];
      size = 0;
    }
    slice.push(record);
    size += length;
  }
  if (slice.length > 0) yield slice;
}
