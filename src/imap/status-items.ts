import type { AccountId } from '../core/values.ts';
import type { Mailbox } from '../store/api.ts';
import { mailboxObjectId } from './object-id.ts';
import type { SessionState } from './session-state.ts';
import type { Decoder } from './wire/decoder.ts';
import type { Encoder } from './wire/encoder.ts';

/** RFC 9051 §6.3.11; HIGHESTMODSEQ of RFC 7162, APPENDLIMIT of RFC 7889, DELETED-STORAGE of RFC 9208. */
const statusItems = [
  'MESSAGES',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED-STORAGE',
  'DELETED',
  'SIZE',
  'HIGHESTMODSEQ',
  'APPENDLIMIT',
  'MAILBOXID',
] as const;
export type StatusItem = (typeof statusItems)[number] | 'RECENT';

/** "(" status-att *(SP status-att) ")"; RECENT is of revision 1 alone. */
export function readStatusItems(d: Decoder, state: SessionState): readonly StatusItem[] {
  const known: readonly StatusItem[] = state.rev2 ? statusItems : [...statusItems, 'RECENT'];
  return [...new Set(d.nonEmptyList(() => d.keyword(...known)))];
}

/** `* STATUS name (…)`, from counters alone. */
export function writeStatus(
  out: Encoder,
  account: AccountId,
  mailbox: Mailbox,
  items: readonly StatusItem[],
  appendBytes: number,
): void {
  out.text('* STATUS ').mailbox(mailbox.name).text(' (');
  const values = items.map((item) => `${item} ${value(item, account, mailbox, appendBytes)}`);
  out.text(values.join(' ')).text(')').endLine();
}

function value(
  item: StatusItem,
  account: AccountId,
  mailbox: Mailbox,
  appendBytes: number,
): string | number {
  switch (item) {
    case 'MESSAGES':
      return mailbox.messages;
    case 'UIDNEXT':
      return mailbox.uidNext;
    case 'UIDVALIDITY':
      return mailbox.uidValidity;
    case 'UNSEEN':
      return mailbox.unseen;
    case 'DELETED':
      return mailbox.deleted;
    case 'DELETED-STORAGE':
      return mailbox.deletedBytes;
    case 'SIZE':
      return mailbox.sizeBytes;
    case 'HIGHESTMODSEQ':
      return mailbox.highestModSeq;
    case 'APPENDLIMIT':
      return appendBytes;
    case 'MAILBOXID':
      return `(${mailboxObjectId(account, mailbox.id)})`;
    case 'RECENT':
      // Constant: to claim it for one session would cost a write at each SELECT, and clients ignore it.
      return 0;
  }
}
