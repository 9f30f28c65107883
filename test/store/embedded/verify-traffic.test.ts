import { expect } from 'chai';
import { type AccountId, deletedBit, inboxId, type MailboxId } from '../../../src/core/values.ts';
import type { Finding } from '../../../src/store/api.ts';
import { Random } from '../../mail/indexing.ts';
import {
  accountData,
  appendAll,
  audit,
  delivery,
  letter,
  named,
  newAccount,
  noFlags,
  withContent,
} from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';

/** `CHANGES=20000 SEED=5 npx mocha test/store/embedded/verify-traffic.test.ts` for longer. */
const changes = Number(process.env['CHANGES'] ?? 300);
const seed = Number(process.env['SEED'] ?? 1);

describe('verify beside running traffic', function () {
  this.timeout(120_000 + changes * 1000);
  let one: OpenEmbedded;
  before(async () => {
    one = await openEmbedded({ shards: 2 });
  });
  after(() => one.remove());

  it(`has no false alarm while ${changes} changes go on in each of three accounts (seed ${seed})`, async () => {
    const { store } = one;
    const accounts: AccountId[] = [];
    for (let i = 0; i < 3; i++) accounts.push((await newAccount(store)).id);
    for (const id of accounts) await appendAll(store, id, inboxId, [letter(), letter('', 80_000)]);
    let running = accounts.length;
    let rounds = 0;
    const workers = accounts.map(async (account, i) => {
      const random = new Random(seed * 100 + i);
      for (let done = 0; done < changes; done++) await change(one, random, account, accounts);
      running--;
    });
    const findings: Finding[] = [];
    const traffic = Promise.all(workers);
    while (running > 0) {
      for await (const step of store.upkeep.checkStore()) findings.push(...step.findings);
      for (const account of await store.accounts.list({ limit: 1000 })) {
        for await (const step of store.upkeep.checkAccount(account.id)) {
          findings.push(...step.findings);
        }
      }
      rounds++;
    }
    await traffic;
    expect(findings.filter(({ kind }) => kind !== 'garbage')).to.deep.equal([]);
    console.log(`        verified ${rounds} times`);
  });
});

/** One random change; what is refused changed nothing. */
async function change(
  { store }: OpenEmbedded,
  random: Random,
  account: AccountId,
  accounts: readonly AccountId[],
): Promise<void> {
  const boxes = await store.mailboxes(account);
  const box = random.pick(boxes.filter(({ selectable }) => selectable));
  const first = 1 + random.below(box.uidNext);
  const uids = [first, first + random.below(10)];
  const name = named(`Box ${random.below(4)}/${random.below(2)}`);
  const mailbox = (): MailboxId => random.pick(boxes).id;
  const acts: (() => Promise<unknown>)[] = [
    () =>
      withContent(store, letter('', random.pick([0, 90_000])), (content) =>
        store.accept(
          content,
          accounts.filter(() => random.chance(0.6)).map((id) => delivery(id)),
        ),
      ),
    () => appendAll(store, account, box.id, [letter(), letter()], noFlags),
    () =>
      store.storeFlags(account, box.id, uids, {
        mode: random.pick(['add', 'remove', 'replace'] as const),
        flags: { system: random.pick([deletedBit, 8]), keywords: [`k${random.below(40)}`] },
      }),
    () => store.expunge(account, box.id),
    () => store.copy(account, box.id, uids, mailbox()),
    () => store.move(account, box.id, uids, mailbox()),
    () => store.createMailbox(account, name),
    () => store.deleteMailbox(account, mailbox()),
    () => store.renameMailbox(account, mailbox(), name),
    () => store.accounts.create(accountData({ bytes: 1000, messages: undefined }), audit),
    () =>
      store.accounts.update(
        account,
        { quota: { bytes: 1e9 + random.below(100), messages: undefined } },
        audit,
      ),
  ];
  // Few new accounts: each of them is looked at in every round.
  const act = random.chance(0.02) ? acts[9] : random.pick(acts.filter((_, i) => i !== 9));
  await act?.().catch((error: unknown) => {
    if ((error as { failure?: unknown }).failure === undefined) throw error;
  });
}
