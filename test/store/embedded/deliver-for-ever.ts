import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { accountData, audit, delivery, withContent } from '../support.ts';

/*
 * For recovery.test.ts: delivers to several accounts until it is killed, and prints each delivery once it is
 * answered, as `account id uid`.
 */
const store = await openEmbeddedStore({ folder: process.argv[2] ?? '', shards: 2, readers: 1 });
const made = await store.accounts.createMany(
  Array.from({ length: 4 }, () => accountData()),
  audit,
);
const accounts = made.filter((each) => typeof each !== 'string');

async function deliver(worker: number): Promise<void> {
  for (let number = 0; ; number++) {
    const id = `${worker}-${number}`;
    // Some are large enough for a file.
    const size = number % 10 === 0 ? 100_000 : 500;
    const octets = Buffer.from(`X-Id: ${id}\r\n\r\n${'x'.repeat(size)}`);
    await withContent(store, octets, async (content) => {
      const outcomes = await store.accept(
        content,
        accounts.map(({ id: account }) => delivery(account)),
      );
      outcomes.forEach((outcome, i) => {
        if (outcome.status !== 'stored') throw new Error(outcome.failure);
        process.stdout.write(`${accounts[i]?.id ?? 0} ${id} ${outcome.uid}\n`);
      });
    });
  }
}

await Promise.all([0, 1, 2, 3].map(deliver));
