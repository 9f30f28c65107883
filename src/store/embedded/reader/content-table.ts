import type { FieldNames } from '../../../mail/field-choice.ts';
import { placeOf } from '../email-place.ts';
import { absent, type ContentColumn, type ContentTable } from '../protocol.ts';
import type { ColumnRows } from './column-reader.ts';
import type { ShardReader } from './shard-reader.ts';

/** Columns of an account's emails, whichever shards hold them. `fields`: see `ColumnReader`. */
export function readTable(
  shards: { readonly count: number; reader(number: number): ShardReader },
  a: number,
  emails: readonly number[],
  columns: readonly ContentColumn[],
  fields: FieldNames | undefined,
): ContentTable {
  const spans = new Uint32Array(emails.length * (columns.length + 1)).fill(absent);
  const pieces: Uint8Array[] = [];
  let base = 0;
  for (let number = 0; number < shards.count; number++) {
    const places: number[] = [];
    const contents: number[] = [];
    for (const [place, e] of emails.entries()) {
      const { s, c } = placeOf(e, shards.count);
      if (s !== number) continue;
      places.push(place);
      contents.push(c);
    }
    if (contents.length === 0) continue;
    const found = shards.reader(number).columns.read(a, contents, columns, fields);
    copyRows(found, places, base, spans, columns.length);
    pieces.push(found.octets);
    base += found.octets.length;
  }
  const [first = new Uint8Array()] = pieces;
  // Of one shard, as it is on small machines and for most letters, nothing is copied.
  const octets = pieces.length > 1 ? concatenated(pieces, base) : first;
  return { octets, spans, threads: undefined };
}

function copyRows(
  { rows }: ColumnRows,
  places: readonly number[],
  base: number,
  spans: Uint32Array,
  columns: number,
): void {
  for (let row = 0; row < rows.length; row += columns + 2) {
    let to = (places[rows[row] as number] as number) * (columns + 1);
    spans[to++] = base + (rows[row + 1] as number);
    for (let i = 0; i < columns; i++) spans[to++] = rows[row + 2 + i] as number;
  }
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const octets = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    octets.set(piece, at);
    at += piece.length;
  }
  return octets;
}
