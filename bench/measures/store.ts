import {
  type AccountId,
  type EmailId,
  flagBits,
  inboxId,
  type MailboxId,
  type MailboxName,
} from '../../src/core/values.ts';
import type { Account, Content, MailStore, TextPart } from '../../src/store/api.ts';
import { letter } from '../letters.ts';
import type { Exchange } from '../mongo-meter.ts';
import type { Recorder } from '../recorder.ts';

/** A store to measure, opened anew when it is asked to. */
export interface StoreTarget {
  readonly name: string;
  readonly store: MailStore;
  /** Closes and opens it: nothing is in the process's memory then. */
  reopen(): Promise<void>;
  /** Waits until nothing goes on behind what was answered. */
  settle(): Promise<void>;
  /** Does it, and answers what it exchanged with a database server; undefined where there is none. */
  exchange(action: () => Promise<void>): Promise<Exchange | undefined>;
  /** Octets that everything takes as it is kept. */
  bytes(): Promise<number>;
}

const letterBytes = 4096;
let made = 0;

/** Letters in, one hot account, one mailbox of `messages`: in time, and in what goes to the database. */
export async function measureStore(
  target: StoreTarget,
  messages: number,
  letters: number,
  recorder: Recorder,
): Promise<void> {
  const readers = await accounts(target.store, 30);
  const [hot, keeper] = (await accounts(target.store, 2)) as [Account, Account];
  await deliverAll(target.store, readers, 100, 10);
  await target.settle();
  const bytesBefore = await target.bytes();
  let stored = 0;
  for (const inFlight of [1, 10, 50]) {
    const name = `letters of 3 recipients, ${inFlight} at once`;
    const count = inFlight === 1 ? Math.ceil(letters / 5) : letters;
    await timed(target, recorder, name, count, () =>
      deliverAll(target.store, readers, count, inFlight),
    );
    stored += count * 3;
  }
  await target.settle();
  recorder.add('kept', 'octets a copy', ((await target.bytes()) - bytesBefore) / stored);

  const content = await receive(target.store);
  await timed(target, recorder, 'commits on one account, one by one', 200, async () => {
    for (let i = 0; i < 200; i++) await accept(target.store, content, [hot]);
  });
  await timed(target, recorder, 'commits on one account, 64 at once', 2000, () =>
    atOnce(64, 2000, () => accept(target.store, content, [hot])),
  );
  await content.release();

  await fill(target.store, keeper.id, messages);
  await target.settle();
  const seen = { system: flagBits['\\Seen'], keywords: [] };
  const other = (await target.store.createMailbox(keeper.id, 'Other' as MailboxName)).id;
  const once = (name: string, action: () => Promise<unknown>): Promise<void> =>
    timed(target, recorder, name, 1, async () => {
      await action();
    });
  await target.reopen();
  await once(`open of ${messages}, cold`, async () => {
    (await target.store.open(keeper.id, inboxId)).close();
  });
  const open = await target.store.open(keeper.id, inboxId);
  await once(`open of ${messages}, warm`, async () => {
    (await target.store.open(keeper.id, inboxId)).close();
  });
  const emails: EmailId[] = [];
  for (let i = 0; i < Math.min(1000, open.view.count); i++) emails.push(open.view.emailAt(i));
  await once('envelopes of 1000', () => target.store.describe(keeper.id, emails, ['envelope']));
  await once('bodies of 1000', () => target.store.contents(keeper.id, emails));
  await once(`flags of ${messages}`, () =>
    target.store.storeFlags(keeper.id, inboxId, [1, messages], { mode: 'add', flags: seen }),
  );
  await once('flags of one', () =>
    target.store.storeFlags(keeper.id, inboxId, [1, 1], { mode: 'remove', flags: seen }),
  );
  await once('copy of 1000', () => target.store.copy(keeper.id, inboxId, [1, 1000], other));
  await once('move of 1000', () => target.store.move(keeper.id, other, [1, 1000], inboxId));
  await once('status', () => target.store.mailboxes(keeper.id));
  await target.settle();
  const all = Array.from({ length: open.view.count }, (_, i) => open.view.emailAt(i));
  const different = [...new Set(all)];
  // The newest letter's own Message-ID; and a word that no letter has.
  const found = [`bench.${made - 1}@`, 'nightingale'] as const;
  await once(`search of ${messages} for a header of one`, () =>
    search(target.store, keeper.id, different, { part: 'header', needle: found[0] }, 1),
  );
  await once(`search of ${messages} for a body of none`, () =>
    search(target.store, keeper.id, different, { part: 'body', needle: found[1] }, 0),
  );
  open.close();
}

/** As SEARCH does it: the index rules out, what is left is compared. */
async function search(
  store: MailStore,
  account: AccountId,
  emails: readonly EmailId[],
  { part, needle }: { readonly part: TextPart; readonly needle: string },
  expected: number,
): Promise<void> {
  const matcher = await store.findText(account, part, needle);
  if (matcher === undefined) throw new Error('the index cannot tell');
  const open = emails.filter((email) => matcher(email) !== false);
  const answers = await store.compareTexts(account, open, { part, field: undefined, needle });
  const holding = answers.filter((holds) => holds === true).length;
  // What is not indexed yet is left to who looks at the letters.
  const unknown = answers.filter((holds) => holds === undefined).length;
  if (holding > expected || holding + unknown < expected) {
    throw new Error(`${holding} letters hold ${needle}, ${unknown} may`);
  }
}

/** What an action took, each of `count` in it: time, and what went to the database and back. */
async function timed(
  target: StoreTarget,
  recorder: Recorder,
  name: string,
  count: number,
  action: () => Promise<void>,
): Promise<void> {
  let ms = 0;
  const act = async (): Promise<void> => {
    const started = performance.now();
    await action();
    ms = performance.now() - started;
    await target.settle();
  };
  const exchange = await target.exchange(act);
  if (count > 1) recorder.add(name, 'a second', (count / ms) * 1000, 'more');
  else recorder.add(name, 'ms', ms);
  if (exchange === undefined) return;
  const { operations, sentBytes, receivedBytes } = exchange;
  recorder.add(name, 'operations each', operations / count);
  recorder.add(name, 'octets sent each', sentBytes / count);
  recorder.add(name, 'octets received each', receivedBytes / count);
}

export async function accounts(store: MailStore, count: number): Promise<Account[]> {
  const outcomes = await store.accounts.createMany(
    Array.from({ length: count }, () => {
      const address = `bench${made++}@example.kz`;
      return {
        address,
        canonical: address,
        skeleton: address,
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
      };
    }),
    { actor: 'bench', action: 'account-create' },
  );
  return outcomes.filter((each) => typeof each !== 'string');
}

export async function receive(store: MailStore): Promise<Content> {
  const writer = store.receive();
  await writer.write(letter(made++, letterBytes));
  return writer.finish();
}

export async function accept(
  store: MailStore,
  content: Content,
  recipients: readonly Account[],
): Promise<void> {
  const number = made++;
  const outcomes = await store.accept(
    content,
    recipients.map(({ id }) => ({
      account: id,
      mailbox: inboxId,
      deliveryId: Buffer.from(`${number} ${id}`.padStart(16)).toString('base64url'),
      flags: { system: 0, keywords: [] },
      internalDate: Date.now(),
    })),
  );
  if (outcomes.some(({ status }) => status !== 'stored')) throw new Error('not stored');
}

/** Each for three of the readers in turn. */
async function deliverAll(
  store: MailStore,
  readers: readonly Account[],
  letters: number,
  inFlight: number,
): Promise<void> {
  let next = 0;
  await atOnce(inFlight, letters, async () => {
    const first = next++ * 3;
    const content = await receive(store);
    const recipients = [0, 1, 2].map((i) => readers[(first + i) % readers.length] as Account);
    await accept(store, content, recipients);
    await content.release();
  });
}

async function atOnce(inFlight: number, times: number, act: () => Promise<void>): Promise<void> {
  let left = times;
  const one = async (): Promise<void> => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

/** Different letters, 100 at a time. */
async function fill(store: MailStore, account: AccountId, messages: number): Promise<void> {
  const flags = { system: 0, keywords: [] };
  const mailbox: MailboxId = inboxId;
  for (let done = 0; done < messages; done += 100) {
    const count = Math.min(100, messages - done);
    const contents = await Promise.all(Array.from({ length: count }, () => receive(store)));
    await store.append(
      account,
      mailbox,
      contents.map((content) => ({ content, flags, internalDate: Date.now() })),
    );
    await Promise.all(contents.map((content) => content.release()));
  }
}
