import type { Head } from '../head.ts';
import type { AccountPicture } from './account-picture.ts';

/** A message that can be undeleted: by its tombstone, or (`x` 0) in its deleted mailbox. */
export interface DeletedRow {
  readonly m: number;
  readonly uid: number;
  readonly x: number;
  /** Seconds. */
  readonly at: number;
  readonly f: number;
  readonly f2: number;
  readonly size: number;
  readonly idate: number;
  readonly e: number;
}

interface Named {
  readonly name: string | null;
  readonly keywords: readonly string[];
}

/** A mailbox that is there, or was. */
export function knownBox(head: Head, m: number): Named | undefined {
  return head.boxes.get(m) ?? head.ended.find((box) => box.m === m);
}

/** Messages that can be undeleted, some at a time: expunged ones, then what is in deleted mailboxes. */
export function* deletedRows(
  picture: AccountPicture,
): Generator<readonly DeletedRow[], void, void> {
  const { boxes, ended } = picture.head;
  for (const m of [...boxes.keys(), ...ended.map((box) => box.m)].sort((x, y) => x - y)) {
    const rows: DeletedRow[] = [];
    for (const { gone } of picture.pages(m)) {
      for (const { uid, x, at, e, size, f, f2, idate, lives } of gone) {
        if (!lives && e > 0) rows.push({ m, uid, x, at, f, f2, size, idate, e });
      }
    }
    rows.sort((one, other) => one.x - other.x || one.uid - other.uid);
    if (rows.length > 0) yield rows;
  }
  for (const { m, at } of ended) {
    for (const { rows } of picture.pages(m)) {
      if (rows.length === 0) continue;
      yield rows.map(({ uid, f, f2, size, idate, e }): DeletedRow => {
        return { m, uid, x: 0, at, f, f2, size, idate, e };
      });
    }
  }
}
