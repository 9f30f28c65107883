import type { EmailId, MailboxId, MailboxName, ModSeq, Uid } from '../../../core/values.ts';
import type {
  AccountLayout,
  AccountSnapshot,
  SnapshotDeleted,
  SnapshotMessage,
  TakenDeliveryId,
  Tombstone,
} from '../../api.ts';
import { namedFlags } from '../../common/flag-bits.ts';
import { mailboxFrom } from '../../common/mailbox-row.ts';
import type { Database } from '../database.ts';
import type { Emails } from '../emails.ts';
import type { Head } from '../head.ts';
import { batchDocuments } from '../limits.ts';
import type { AccountPicture } from './account-picture.ts';
import { deletedRows, knownBox } from './deleted-rows.ts';

/** An account as of one commit. Its letters never change and are looked up as they are told of. */
export class MongoSnapshot implements AccountSnapshot {
  readonly seq: ModSeq;
  readonly lastUidValidity: number;
  readonly nextMailbox: number;
  readonly mailboxes: AccountLayout['mailboxes'];
  readonly subscriptions: readonly MailboxName[];
  readonly deletedMailboxes: AccountLayout['deletedMailboxes'];
  readonly #db: Database;
  readonly #emails: Emails;
  readonly #picture: AccountPicture;
  readonly #deletedSince: number;

  /** `deletedSince`: seconds; what was deleted before is not told of. */
  constructor(db: Database, emails: Emails, picture: AccountPicture, deletedSince: number) {
    this.#db = db;
    this.#emails = emails;
    this.#picture = picture;
    this.#deletedSince = deletedSince;
    const { head } = picture;
    this.seq = head.seq as ModSeq;
    this.lastUidValidity = head.lastUidValidity;
    this.nextMailbox = head.nextMailbox;
    this.mailboxes = [...head.boxes.values()]
      .sort((x, y) => x.m - y.m)
      .map((box) => ({
        ...mailboxFrom(box),
        keywords: box.keywords,
        forgottenUpTo: box.vanFloor as ModSeq,
      }));
    this.subscriptions = [...head.subscriptions].sort() as MailboxName[];
    this.deletedMailboxes = head.ended.map(({ m, name, keywords, at }) => ({
      id: m as MailboxId,
      name: (name ?? undefined) as MailboxName | undefined,
      keywords,
      deletedAt: at * 1000,
    }));
  }

  async *messages(mailbox: MailboxId): AsyncGenerator<readonly SnapshotMessage[], void, void> {
    const { head } = this.#picture;
    const keywords = head.boxes.get(mailbox)?.keywords ?? [];
    for (const { rows } of this.#picture.pages(mailbox)) {
      if (rows.length === 0) continue;
      const digests = await this.#emails.digests(
        head.a,
        rows.map(({ e }) => e),
      );
      yield rows.map(({ uid, modSeq, f, f2, size, idate, sdate, e }) => ({
        uid: uid as Uid,
        modSeq: modSeq as ModSeq,
        flags: namedFlags(keywords, f, f2),
        sizeBytes: size,
        internalDate: idate * 1000,
        savedAt: sdate * 1000,
        email: e as EmailId,
        sha256: digests.get(e),
      }));
    }
  }

  async *tombstones(mailbox: MailboxId): AsyncGenerator<readonly Tombstone[], void, void> {
    const all: Tombstone[] = [];
    for (const { gone } of this.#picture.pages(mailbox)) {
      for (const { uid, x, at } of gone) {
        all.push({ uid: uid as Uid, modSeq: x as ModSeq, deletedAt: at * 1000 });
      }
    }
    all.sort((x, y) => x.modSeq - y.modSeq || x.uid - y.uid);
    for (let i = 0; i < all.length; i += batchDocuments) {
      yield await Promise.resolve(all.slice(i, i + batchDocuments));
    }
  }

  async *deletedMessages(): AsyncGenerator<readonly SnapshotDeleted[], void, void> {
    const { head } = this.#picture;
    for (const rows of deletedRows(this.#picture)) {
      const young = rows.filter(({ at }) => at >= this.#deletedSince);
      if (young.length === 0) continue;
      const digests = await this.#emails.digests(
        head.a,
        young.map(({ e }) => e),
      );
      yield young.flatMap((row): SnapshotDeleted[] => {
        const sha256 = digests.get(row.e);
        if (sha256 === undefined) return [];
        return [
          {
            mailbox: row.m as MailboxId,
            uid: row.uid as Uid,
            modSeq: row.x as ModSeq,
            deletedAt: row.at * 1000,
            flags: namedFlags(knownBox(head, row.m)?.keywords ?? [], row.f, row.f2),
            internalDate: row.idate * 1000,
            email: row.e as EmailId,
            sizeBytes: row.size,
            sha256,
          },
        ];
      });
    }
  }

  async *deliveryIds(): AsyncGenerator<readonly TakenDeliveryId[], void, void> {
    const { head } = this.#picture;
    const recent = head.ids.all();
    if (recent.length > 0) yield recent.map((taken) => takenId(taken, false));
    const inTail = new Set<string>();
    const rows = head.tail.flatMap(({ ops }) =>
      ops.flatMap((op) => {
        if (op.k !== 'lasting') return [];
        inTail.add(op.id);
        return [takenId({ id: op.id, uidValidity: op.v, uid: op.u }, true)];
      }),
    );
    for await (const some of this.#lasting()) {
      const before = some.filter(
        ({ deliveryId, uidValidity, uid }) =>
          !inTail.has(deliveryId) && wasGiven(head, uidValidity, uid),
      );
      if (before.length > 0) yield before;
    }
    if (rows.length > 0) yield rows;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#lasting(): AsyncGenerator<readonly TakenDeliveryId[], void, void> {
    const { a } = this.#picture.head;
    for (let after = ''; ;) {
      const found = await this.#db.find<LastingDocument>(
        'lasting',
        { _id: { $gt: { a, d: after }, $lt: { a: a + 1, d: '' } }, a },
        { sort: { _id: 1 }, limit: batchDocuments },
      );
      const last = found.at(-1);
      if (last === undefined) return;
      yield found.map(({ _id, v, u }) => takenId({ id: _id.d, uidValidity: v, uid: u }, true));
      after = last._id.d;
    }
  }
}

interface LastingDocument {
  readonly _id: { readonly a: number; readonly d: string };
  readonly v: number;
  readonly u: number;
}

function takenId(
  {
    id,
    uidValidity,
    uid,
  }: { readonly id: string; readonly uidValidity: number; readonly uid: number },
  lasting: boolean,
): TakenDeliveryId {
  return { deliveryId: id, lasting, uidValidity, uid: uid as Uid };
}

/** Whether the head had given a UID: what is looked up by key may be newer than it. */
function wasGiven(head: Head, uidValidity: number, uid: number): boolean {
  for (const box of head.boxes.values()) {
    if (box.uidValidity === uidValidity) return uid < box.uidNext;
  }
  return uidValidity <= head.lastUidValidity;
}
