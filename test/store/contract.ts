import { accountsContract } from './contract/accounts.ts';
import { concurrencyContract } from './contract/concurrency.ts';
import { contentContract } from './contract/content.ts';
import { deliveryContract } from './contract/delivery.ts';
import { mailboxesContract } from './contract/mailboxes.ts';
import { messagesContract } from './contract/messages.ts';
import { recordsContract } from './contract/records.ts';
import { searchContract } from './contract/search.ts';
import { viewsContract } from './contract/views.ts';
import { upkeepContract } from './contract/upkeep.ts';
import { type Backend, ManualClock, type OpenBackend } from './support.ts';

/**
 * The promises of `src/store/api.ts`, each by a test. Every backend runs all of them; they share one store, each test
 * with accounts of its own.
 */
export function storeContract(backend: Backend): void {
  describe(`${backend.name}: the store's contract`, function () {
    // A database may be slow, and is one for all of them.
    this.timeout(60_000);
    const clock = new ManualClock();
    let open: OpenBackend;
    const opened = (): OpenBackend => open;
    before(async () => {
      open = await backend.open(clock);
    });
    after(() => open.remove());

    accountsContract(opened);
    mailboxesContract(opened, clock);
    messagesContract(opened, clock);
    deliveryContract(opened);
    contentContract(opened);
    viewsContract(opened);
    concurrencyContract(opened);
    searchContract(opened);
    upkeepContract(opened, clock);
    recordsContract(opened);
  });
}
