import { deletedBit, seenBit } from '../../../core/values.ts';
import type { Draft } from '../draft.ts';
import type { Box } from '../head.ts';
import type { AccountPicture } from './account-picture.ts';

/** Counters and quota from the messages themselves; UIDNEXT and MODSEQ only ever grow. */
export function mendCounters(draft: Draft, picture: AccountPicture): void {
  const boxes = [...draft.boxes.values()].map((box) => mended(box, picture));
  draft.rebase(Math.max(draft.seq, ...boxes.map(({ modSeq }) => modSeq)) + 1);
  for (const box of boxes) draft.setBox(box);
  draft.bytes = boxes.reduce((sum, { bytes }) => sum + bytes, 0);
  draft.count = boxes.reduce((sum, { total }) => sum + total, 0);
  draft.lastUidValidity = Math.max(
    draft.lastUidValidity,
    ...boxes.map(({ uidValidity }) => uidValidity),
  );
  draft.nextMailbox = Math.max(draft.nextMailbox, ...boxes.map(({ m }) => m + 1));
}

function mended(box: Box, picture: AccountPicture): Box {
  const sums = { total: 0, unseen: 0, deleted: 0, bytes: 0, deletedBytes: 0 };
  let { uidNext, modSeq } = box;
  for (const { rows } of picture.pages(box.m)) {
    for (const row of rows) {
      sums.total++;
      sums.bytes += row.size;
      if ((row.f & seenBit) === 0) sums.unseen++;
      if ((row.f & deletedBit) !== 0) {
        sums.deleted++;
        sums.deletedBytes += row.size;
      }
      uidNext = Math.max(uidNext, row.uid + 1);
      modSeq = Math.max(modSeq, row.modSeq);
    }
  }
  return { ...box, ...sums, uidNext, modSeq };
}
