import type { MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';
import { hasQuota, writeQuota } from '../write-quota.ts';

/** GETQUOTAROOT: one root, named "", for all mailboxes of the account. RFC 9208 §4.3. */
export const getquotaroot: Command<{ readonly name: MailboxName }> = {
  name: 'GETQUOTAROOT',
  state: 'authenticated',
  allowExpunge: true,

  // getquotaroot = "GETQUOTAROOT" SP mailbox
  parse(d) {
    d.space();
    return { name: d.mailbox() };
  },

  async run({ account, out, store }, { name }) {
    const mailbox = await store.findMailbox(account.id, name);
    if (mailbox === undefined) return no('NONEXISTENT', 'No such mailbox');
    const quota = await store.quota(account.id);
    out.text('* QUOTAROOT ').mailbox(mailbox.name);
    out.text(hasQuota(quota) ? ' ""' : '').endLine();
    if (hasQuota(quota)) writeQuota(out, quota);
    return ok('GETQUOTAROOT completed');
  },
};
