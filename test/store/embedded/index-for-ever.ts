import { inboxId } from '../../../src/core/values.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { appendAll, letter, newAccount } from '../support.ts';

/* For search-index.test.ts: letters come and are indexed until it is killed; prints a dot after each step. */
const store = await openEmbeddedStore({ folder: process.argv[2] ?? '', shards: 1, readers: 1 });
const { id } = await newAccount(store);
let number = 0;
// Whoever waits for the dots has gone after the last one.
process.stdout.on('error', () => process.exit());
for (;;) {
  const texts = Array.from({ length: 20 }, () => letter(`common ${number++} text`));
  await Promise.all([appendAll(store, id, inboxId, texts), store.indexTexts()]);
  process.stdout.write('.');
}
