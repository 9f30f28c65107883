import { deletedBit } from '../../../core/values.ts';
import { toRanges } from '../../../core/uid-set.ts';
import { type FlagBits, flagBits, namedFlags } from '../../common/flag-bits.ts';
import type { Draft, NewRow } from '../draft.ts';
import { type DeletedRow, knownBox } from './deleted-rows.ts';

/**
 * Deleted messages come back with new UIDs and one MODSEQ; the old UIDs stay expunged for everybody who knew them. The
 * rows are as of the draft's head. `not-found`, `over-quota`, `limit`
 */
export function undelete(draft: Draft, to: number, rows: readonly DeletedRow[]): void {
  const box = draft.box(to);
  draft.checkRoom(
    rows.reduce((sum, { size }) => sum + size, 0),
    rows.length,
  );
  draft.checkUids(box, rows.length);
  const keywords = [...box.keywords];
  const fresh: string[] = [];
  const bits = rows.map(({ m, f, f2 }): FlagBits => {
    const known = knownBox(draft.base, m)?.keywords ?? [];
    const found = flagBits(keywords, namedFlags(known, f & ~deletedBit, f2));
    keywords.push(...found.fresh);
    fresh.push(...found.fresh);
    return found;
  });
  if (rows.length === 0) return;

  draft.begin();
  draft.add(
    to,
    rows.map(({ size, idate, e }, i): NewRow => {
      const { f, f2 } = bits[i] as FlagBits;
      return { f, f2, size, idate, e };
    }),
    fresh,
  );
  for (const m of new Set(rows.map((row) => row.m))) {
    for (const k of ['revived', 'dropped'] as const) {
      const own = rows.filter((row) => row.m === m && (k === 'dropped') === (row.x === 0));
      const uids = own.map(({ uid }) => uid).sort((x, y) => x - y);
      if (uids.length > 0) draft.note({ k, m, ranges: toRanges(uids) });
    }
  }
}
