import { MailError } from '../../../src/core/errors.ts';
import { inboxId } from '../../../src/core/values.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { accountData, appendAll, audit, letter } from '../support.ts';

/*
 * For recovery.test.ts: appends until the disk takes no more, in small and large messages, and prints what was
 * answered. The limit on the size of files stands for the full disk; without a handler the signal would end us.
 */
process.on('SIGXFSZ', () => undefined);
const store = await openEmbeddedStore({ folder: process.argv[2] ?? '', shards: 1, readers: 1 });
const { id } = await store.accounts.create(accountData(), audit);
let stored = 0;
const failures: string[] = [];
for (let i = 0; i < 1000 && failures.length < 20; i++) {
  try {
    const size = i % 20 === 19 ? 5_000_000 : 30_000;
    await appendAll(store, id, inboxId, [letter('', size)]);
    stored++;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    failures.push(error.failure);
  }
}
process.stdout.write(JSON.stringify({ stored, failures }));
// The log cannot be copied into the database either, so this is an end as by a kill.
process.kill(process.pid, 'SIGKILL');
