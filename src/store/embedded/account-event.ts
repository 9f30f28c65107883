import type { ViewChange } from '../mailbox-view.ts';
import type { ModSeq, Uid, EmailId } from '../../core/values.ts';
import {
  type AccountDetail,
  deliveredEvent,
  deliveredEventLength,
  detailEventLength,
  type Events,
  type MessageChange,
} from './protocol.ts';

/** One commit of one account, as the protocol thread applies it. */
export interface AccountEvent {
  readonly a: number;
  readonly seq: number;
  readonly bytes: number;
  readonly count: number;
  readonly detail: AccountDetail | undefined;
  /** One message delivered, when there is no detail. */
  readonly delivered: Delivered | undefined;
}

export interface Delivered {
  readonly m: number;
  readonly uid: number;
  readonly f: number;
  readonly f2: number;
  readonly size: number;
  readonly idate: number;
  readonly e: number;
  readonly total: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly deletedBytes: number;
}

/** The events of a report in order. `wanted` says whether anybody looks at the account: most are nobody's. */
export function* readEvents(
  { numbers, details }: Events,
  wanted: (a: number) => boolean,
): Generator<AccountEvent> {
  for (let i = 0; i < numbers.length;) {
    const start = i;
    const at = (offset: number): number => numbers[start + offset] as number;
    const isDelivery = at(0) === deliveredEvent;
    i += isDelivery ? deliveredEventLength : detailEventLength;
    const a = at(1);
    if (!wanted(a)) continue;
    const event = { a, seq: at(2), bytes: at(3), count: at(4) };
    if (!isDelivery) yield { ...event, detail: details[at(5)], delivered: undefined };
    else {
      const delivered: Delivered = {
        m: at(5),
        uid: at(6),
        f: at(7),
        f2: at(8),
        size: at(9),
        idate: at(10),
        e: at(11),
        total: at(12),
        unseen: at(13),
        deleted: at(14),
        bytes: at(15),
        deletedBytes: at(16),
      };
      yield { ...event, detail: undefined, delivered };
    }
  }
}

/** A delivery as a change of the mailbox's view. */
export function deliveredChange(seq: number, message: Delivered): ViewChange {
  const row = {
    uid: message.uid as Uid,
    modSeq: seq as ModSeq,
    flags: message.f,
    moreFlags: message.f2,
    sizeBytes: message.size,
    internalDate: message.idate,
    email: message.e as EmailId,
  };
  return { kind: 'added', rows: [row] };
}

/** Columns as a change of the mailbox's view. */
export function viewChange(seq: number, change: MessageChange): ViewChange {
  const modSeq = seq as ModSeq;
  switch (change.kind) {
    case 'added': {
      const { uid, flags, moreFlags, size, internalDate, email } = change;
      const rows = Array.from(uid, (u, i) => ({
        uid: u as Uid,
        modSeq,
        flags: flags[i] as number,
        moreFlags: moreFlags[i] as number,
        sizeBytes: size[i] as number,
        internalDate: internalDate[i] as number,
        email: email[i] as EmailId,
      }));
      return { kind: 'added', rows };
    }
    case 'flagged': {
      const { uid, flags, moreFlags } = change;
      const rows = Array.from(uid, (u, i) => ({
        uid: u as Uid,
        flags: flags[i] as number,
        moreFlags: moreFlags[i] as number,
      }));
      return { kind: 'flagged', rows, modSeq };
    }
    case 'expunged':
      return { kind: 'expunged', uids: Array.from(change.uid), modSeq };
  }
}
