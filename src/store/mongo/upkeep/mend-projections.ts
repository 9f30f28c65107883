import type { AccountLog } from '../account-log.ts';
import type { Database } from '../database.ts';
import type { Emails } from '../emails.ts';
import type { HeadDocument } from '../head.ts';
import { isWellFormed, type PageDocument, summaryOf, unpackGone } from '../page.ts';
import { digestKey, refKey } from '../projector.ts';
import { namesOf } from './check-store.ts';
import { readBack } from './check-letter.ts';

/** What an email is found by, made again from the letter. False: it is not there. */
export async function mendIdentity(
  db: Database,
  emails: Emails,
  a: number,
  e: number,
): Promise<boolean> {
  const email = (await emails.whole(a, [e])).get(e);
  if (email === undefined) return false;
  const keys = [digestKey(email.h.toString('hex')), refKey(email.ref)];
  // What is there stays.
  await db.insert(
    'refs',
    keys.map((k) => ({ _id: { a, k }, a, e, t: email.t })),
  );
  return true;
}

/** What was rendered of a letter, from its octets. False: those are not what was received. */
export async function mendRenderings(
  db: Database,
  emails: Emails,
  a: number,
  e: number,
): Promise<boolean> {
  const email = (await emails.whole(a, [e])).get(e);
  const letter = email && (await readBack(db, email));
  if (letter === undefined) return false;
  const { hd, b, h } = email as typeof email & object;
  const octets = hd !== null && b !== null ? Buffer.concat([hd, b]) : undefined;
  return db.update(
    'emails',
    { _id: { a, e }, a, h },
    {
      $set: {
        ver: letter.version,
        sent: letter.sent,
        pv: letter.preview,
        en: letter.envelope,
        en8: letter.envelope8,
        st: letter.structure,
        st8: letter.structure8,
        bd: letter.body,
        bd8: letter.body8,
        ref: letter.ref,
        hb: letter.headerBytes,
        pt: letter.parts,
        th: letter.threading,
        ...(octets && {
          hd: octets.subarray(0, letter.headerBytes),
          b: octets.subarray(letter.headerBytes),
        }),
        ...(b === null && { hd: null }),
      },
    },
  );
}

/** The names that an account is found by. False: another has them. */
export async function mendNames(db: Database, a: number): Promise<boolean> {
  const [head] = await db.find<Pick<HeadDocument, '_id' | 'who'>>(
    'heads',
    { _id: a },
    { projection: { _id: 1, who: 1 } },
  );
  if (head === undefined) return false;
  const names = namesOf(head).map((_id) => ({ _id, a, at: head.who.at }));
  const taken = await db.insert('names', names);
  const theirs = names.filter((_, i) => taken.has(i)).map(({ _id }) => _id);
  const held = await db.find<{ readonly a: number }>('names', { _id: { $in: theirs } });
  return held.every((name) => name.a === a);
}

/** What leads to pages with tombstones. */
export async function mendTombstones(db: Database, log: AccountLog): Promise<void> {
  const { a } = log;
  for (const m of log.head.boxes.keys()) {
    const _id = { $gte: { a, m, p: 0 }, $lte: { a, m, p: 0xffff_ffff } };
    for (const page of await db.find<PageDocument>('pages', { _id, a }, { sort: { _id: 1 } })) {
      if (!isWellFormed(page)) continue;
      const { xs, xt } = summaryOf(unpackGone(page.x));
      // One that somebody writes in between gets them with that.
      const filter = { _id: page._id, a, v: page.v };
      const change = xs === undefined ? { $unset: { xs: 1, xt: 1 } } : { $set: { xs, xt } };
      if (xs !== page.xs || xt !== page.xt) await db.update('pages', filter, change);
    }
  }
}
