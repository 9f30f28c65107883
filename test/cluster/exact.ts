import { seenBit } from '../../src/core/values.ts';
import type { MailStore } from '../../src/store/api.ts';

/**
 * Holds an account's numbers against its messages, when nobody works: quota, counters, UIDNEXT and MODSEQ of every
 * mailbox. Throws with what is wrong.
 */
export async function checkExact(store: MailStore, address: string): Promise<void> {
  const account = await store.accounts.find(address);
  if (account === undefined) throw new Error(`no account ${address}`);
  const quota = await store.quota(account.id);
  let [count, bytes] = [0, 0];
  for (const mailbox of await store.mailboxes(account.id)) {
    const open = await store.open(account.id, mailbox.id);
    const rows = Array.from({ length: open.view.count }, (_, i) => open.view.rowAt(i));
    open.close();
    const size = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const facts = [
      ['messages', mailbox.messages, rows.length],
      ['octets', mailbox.sizeBytes, size],
      ['unseen', mailbox.unseen, rows.filter(({ flags }) => (flags & seenBit) === 0).length],
    ] as const;
    for (const [what, counted, there] of facts) {
      if (counted !== there) {
        throw new Error(`${address} ${mailbox.name}: ${counted} ${what} counted, ${there} there`);
      }
    }
    const uids = rows.map(({ uid }) => uid as number);
    if (new Set(uids).size !== uids.length || uids.some((uid) => uid >= mailbox.uidNext)) {
      throw new Error(`${address} ${mailbox.name}: UIDs ${uids.join()} below ${mailbox.uidNext}`);
    }
    if (rows.some(({ modSeq }) => modSeq > mailbox.highestModSeq)) {
      throw new Error(`${address} ${mailbox.name}: a MODSEQ above ${mailbox.highestModSeq}`);
    }
    count += rows.length;
    bytes += size;
  }
  if (quota.usedMessages !== count || quota.usedBytes !== bytes) {
    throw new Error(
      `${address}: quota has ${quota.usedMessages} messages of ${quota.usedBytes} octets, there are ${count} of ${bytes}`,
    );
  }
}
