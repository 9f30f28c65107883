import type { RecordRange } from '../records.ts';
import { recordId } from './record-id.ts';

/** Ids of records from `from` on and below `below`. */
export interface IdRange {
  readonly from: string;
  readonly below: string;
}

/** All ids after one, of all kinds; from the first without one. Kinds are small letters and hyphens. */
export function recordsAfter(id = ''): IdRange {
  return { from: `${id}\0`, below: '{' };
}

/** The ids that a list walks over, in either direction. */
export function recordRange(kind: string, options: Omit<RecordRange, 'limit'>): IdRange {
  const { prefix = '', after, newestFirst = false } = options;
  const from = recordId(kind, prefix);
  // The least text after all that begin with this one: ids are ASCII and end below its last character.
  const last = from.charCodeAt(from.length - 1);
  const below = from.slice(0, -1) + String.fromCharCode(last + 1);
  if (after === undefined) return { from, below };
  const mark = recordId(kind, after);
  if (newestFirst) return { from, below: mark < below ? mark : below };
  // Keys have no NUL: nothing lies between an id and the same id with one.
  const next = `${mark}\0`;
  return { from: next > from ? next : from, below };
}
