import { expect } from 'chai';
import { type AccountId, deletedBit, inboxId, type MailboxId } from '../../../src/core/values.ts';
import type { CheckStep, Finding } from '../../../src/store/api.ts';
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

/** `ROUNDS=100 SEED=5 npx mocha test/store/embedded/verify-traffic.test.ts` for longer. */
const rounds = Number(process.env['ROUNDS'] ?? 4);
const seed = Number(process.env['SEED'] ?? 1);

describe('verify beside running traffic', function () {
  this.timeout(120_000 + rounds * 20_000);
  let one: OpenEmbedded;
  before(async () => {
    one = await openEmbedded({ shards: 2 });
  });
  after(() => one.remove());

  it(`has no false alarm in ${rounds} rounds, while three accounts change with each step (seed ${seed})`, async () => {
    const { store } = one;
    const accounts: AccountId[] = [];
    for (let i = 0; i < 3; i++) accounts.push((await newAccount(store)).id);
    for (const id of accounts) await appendAll(store, id, inboxId, [letter(), letter('', 80_000)]);
    const findings: Finding[] = [];
    let changes = 0;
    const traffic = accounts.map((account, i) => {
      const random = new Random(seed * 100 + i);
      return new Paced(async () => {
        await change(one, random, account, accounts);
        changes++;
      });
    });
    const look = async (steps: AsyncIterable<CheckStep>): Promise<void> => {
      for await (const step of steps) {
        findings.push(...step.findings);
        for (const each of traffic) each.more();
      }
    };
    for (let round = 0; round < rounds; round++) {
      await look(store.upkeep.checkStore());
      for (const { id } of await store.accounts.list({ limit: 1000 })) {
        await look(store.upkeep.checkAccount(id));
      }
    }
    await Promise.all(traffic.map((each) => each.ended()));
    expect(changes).to.be.greaterThan(rounds * 20);
    expect(findings.filter(({ kind }) => kind !== 'garbage')).to.deep.equal([]);
  });
});

/** Does one thing after the other, as many as were asked for: nobody waits for it, and it does not run away. */
class Paced {
  readonly #act: () => Promise<void>;
  #wanted = 0;
  #running: Promise<void> | undefined;

  constructor(act: () => Promise<void>) {
    this.#act = act;
  }

  more(): void {
    this.#wanted = Math.min(this.#wanted + 1, 3);
    this.#running ??= this.#run();
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted > 0) {
      this.#wanted--;
      await this.#act();
    }
    this.#running = undefined;
  }
}

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
