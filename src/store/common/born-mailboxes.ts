import { inboxName, type SpecialUse } from '../../core/values.ts';

/** What every account is born with, subscribed. INBOX comes first: its id is 1. */
export const bornMailboxes: readonly (readonly [string, SpecialUse | null])[] = [
  [inboxName, null],
  ['Sent', '\\Sent'],
  ['Drafts', '\\Drafts'],
  ['Junk', '\\Junk'],
  ['Trash', '\\Trash'],
  ['Archive', '\\Archive'],
  ['Official', '\\Official'],
];
