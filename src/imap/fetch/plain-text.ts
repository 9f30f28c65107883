import type { AccountId } from '../../core/values.ts';
import type { Description } from '../../store/api.ts';
import { flagsText } from '../flags-text.ts';
import type { MessageRows } from '../ghost-rows.ts';
import { emailObjectId, threadObjectId } from '../object-id.ts';
import type { SelectedMailbox } from '../selected.ts';
import { internalDateText } from './internal-date.ts';
import type { PlainItem } from './items.ts';

/** Writes one item of a message with its name; `described` holds the renderings the item needs. */
export type PlainText = (rows: MessageRows, index: number, described: Description) => string;

/** How an item is written in this session. `utf8`: ENVELOPE and BODYSTRUCTURE may hold UTF-8, RFC 9755 §3. */
export function plainText(item: PlainItem, selected: SelectedMailbox, utf8: boolean): PlainText {
  const account: AccountId = selected.account;
  const view = selected.view;
  switch (item) {
    case 'FLAGS':
      return (rows, i) => `FLAGS ${flagsText(view, rows.flagsAt(i), rows.moreFlagsAt(i))}`;
    case 'UID':
      return (rows, i) => `UID ${rows.uidAt(i)}`;
    case 'INTERNALDATE':
      return (rows, i) => `INTERNALDATE ${internalDateText(rows.internalDateAt(i))}`;
    case 'RFC822.SIZE':
      return (rows, i) => `RFC822.SIZE ${rows.sizeAt(i)}`;
    case 'MODSEQ':
      return (rows, i) => `MODSEQ (${rows.modSeqAt(i)})`;
    case 'EMAILID':
      return (rows, i) => `EMAILID (${emailObjectId(account, rows.emailAt(i))})`;
    case 'THREADID':
      return (_, __, { thread }) =>
        thread === undefined ? 'THREADID NIL' : `THREADID (${threadObjectId(account, thread)})`;
    case 'ENVELOPE':
      return (_, __, d) => `ENVELOPE ${(utf8 ? d.envelopeUtf8 : undefined) ?? d.envelope ?? 'NIL'}`;
    case 'BODY':
      return (_, __, d) => `BODY ${(utf8 ? d.bodyUtf8 : undefined) ?? d.body ?? 'NIL'}`;
    case 'BODYSTRUCTURE':
      return (_, __, d) =>
        `BODYSTRUCTURE ${(utf8 ? d.bodyStructureUtf8 : undefined) ?? d.bodyStructure ?? 'NIL'}`;
  }
}
