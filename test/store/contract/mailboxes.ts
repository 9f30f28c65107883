import { expect } from 'chai';
import type { AccountId, MailboxId } from '../../../src/core/values.ts';
import type { Mailbox, MailStore } from '../../../src/store/api.ts';
import {
  appendAll,
  failureOf,
  letter,
  mailboxNamed,
  type ManualClock,
  named,
  newAccount,
  octetsOf,
  type OpenBackend,
  uidsOf,
} from '../support.ts';

/** The promises of `MailboxStore`. */
export function mailboxesContract(opened: () => OpenBackend, clock: ManualClock): void {
  let store: MailStore;
  let account: AccountId;
  beforeEach(async () => {
    ({ store } = opened());
    account = (await newAccount(store)).id;
  });
  const names = async (): Promise<string[]> =>
    (await store.mailboxes(account)).map(({ name }) => name);
  const create = (name: string): Promise<Mailbox> => store.createMailbox(account, named(name));
  const find = (name: string): Promise<Mailbox | undefined> =>
    store.findMailbox(account, named(name));

  describe('CREATE', () => {
    it('makes the mailbox and its missing superiors', async () => {
      const made = await create('Дела/2026/сентябрь');
      expect(made).to.include({ name: 'Дела/2026/сентябрь', messages: 0, uidNext: 1 });
      expect(await names()).to.include.members(['Дела', 'Дела/2026', 'Дела/2026/сентябрь']);
      expect(await find('Дела')).to.include({ selectable: true });
      expect(await find('Дела/2026/сентябрь')).to.deep.equal(made);
    });

    it('keeps the special use', async () => {
      const made = await store.createMailbox(account, named('Everything'), { specialUse: '\\All' });
      expect(made.specialUse).to.equal('\\All');
    });

    it('does not subscribe', async () => {
      await create('Quiet');
      expect((await store.subscriptions(account)).has(named('Quiet'))).to.equal(false);
    });

    const wrong: readonly (readonly [string, string])[] = [
      ['Sent', 'already-exists'],
      ['INBOX', 'already-exists'],
      ['inbox', 'already-exists'],
      ['', 'invalid'],
      ['/a', 'invalid'],
      ['a/', 'invalid'],
      ['a//b', 'invalid'],
      ['a\u0000b', 'invalid'],
      ['a\r\nb', 'invalid'],
      ['a\u2028b', 'invalid'],
      ['x'.repeat(2000), 'limit'],
      [Array.from({ length: 100 }, () => 'x').join('/'), 'limit'],
    ];
    for (const [name, failure] of wrong) {
      it(`refuses ${JSON.stringify(name.slice(0, 20))}: ${failure}`, async () => {
        const before = await store.mailboxes(account);
        expect(await failureOf(create(name))).to.equal(failure);
        expect(await store.mailboxes(account)).to.deep.equal(before);
      });
    }

    it('tells names apart by case, but not INBOX', async () => {
      await create('Work');
      await create('WORK');
      expect(await names()).to.include.members(['Work', 'WORK']);
      expect((await find('iNbOx'))?.id).to.equal(1);
    });
  });

  describe('DELETE', () => {
    it('removes the mailbox and never gives its id or UIDVALIDITY again', async () => {
      const first = await create('Old');
      await appendAll(store, account, first.id, [letter()]);
      await store.deleteMailbox(account, first.id);
      expect(await find('Old')).to.equal(undefined);
      const second = await create('Old');
      expect(second.id).to.be.greaterThan(first.id);
      expect(second.uidValidity).to.be.greaterThan(first.uidValidity);
      expect(second).to.include({ messages: 0, uidNext: 1 });
      expect(uidsOf((await store.open(account, second.id)).view)).to.deep.equal([]);
    });

    it('leaves the name as \\Noselect while it has children, and drops it with the last one', async () => {
      const parent = await create('a');
      await create('a/b/c');
      await appendAll(store, account, parent.id, [letter()]);
      await store.deleteMailbox(account, parent.id);
      const kept = await mailboxNamed(store, account, 'a');
      expect(kept).to.include({ selectable: false, messages: 0, sizeBytes: 0 });
      expect(kept.id).not.to.equal(parent.id);
      expect(await failureOf(store.open(account, kept.id))).to.equal('not-found');
      expect(await failureOf(appendAll(store, account, kept.id, [letter()]))).to.equal('not-found');
      expect(await failureOf(store.deleteMailbox(account, kept.id))).to.equal('invalid');

      await store.deleteMailbox(account, (await mailboxNamed(store, account, 'a/b/c')).id);
      expect(await names()).to.include.members(['a', 'a/b']);
      await store.deleteMailbox(account, (await mailboxNamed(store, account, 'a/b')).id);
      expect(await names()).not.to.include.members(['a']);
    });

    it('makes a \\Noselect name selectable again with a new UIDVALIDITY', async () => {
      const parent = await create('a');
      await create('a/b');
      await store.deleteMailbox(account, parent.id);
      const again = await store.createMailbox(account, named('a'), { specialUse: '\\Flagged' });
      expect(again).to.include({ selectable: true, specialUse: '\\Flagged', uidNext: 1 });
      expect(again.uidValidity).to.be.greaterThan(parent.uidValidity);
      expect(again.id).not.to.equal(parent.id);
      await appendAll(store, account, again.id, [letter()]);
    });

    it('refuses INBOX and what is not there', async () => {
      expect(await failureOf(store.deleteMailbox(account, 1 as MailboxId))).to.equal('invalid');
      expect(await failureOf(store.deleteMailbox(account, 999 as MailboxId))).to.equal('not-found');
    });

    it('keeps the subscription', async () => {
      const { id } = await create('Kept');
      await store.subscribe(account, named('Kept'), true);
      await store.deleteMailbox(account, id);
      expect((await store.subscriptions(account)).has(named('Kept'))).to.equal(true);
    });

    it('marks open views as gone and tells who watches', async () => {
      const { id } = await create('Watched');
      let told = 0;
      const open = await store.open(account, id, () => told++);
      await store.deleteMailbox(account, id);
      expect(open.view.gone).to.equal(true);
      expect(told).to.equal(1);
      open.close();
      expect(await failureOf(store.open(account, id))).to.equal('not-found');
    });
  });

  describe('RENAME', () => {
    it('keeps id, UIDVALIDITY and messages; children move along, superiors are made', async () => {
      const box = await create('a');
      const child = await create('a/b');
      await appendAll(store, account, box.id, [letter()]);
      await store.renameMailbox(account, box.id, named('x/y'));
      expect(await names()).not.to.include.members(['a']);
      const renamed = await mailboxNamed(store, account, 'x/y');
      expect(renamed).to.include({ id: box.id, uidValidity: box.uidValidity, messages: 1 });
      expect((await mailboxNamed(store, account, 'x/y/b')).id).to.equal(child.id);
      expect(await find('x')).to.include({ selectable: true });
      const reopened = await opened().reopen();
      expect((await mailboxNamed(reopened, account, 'x/y/b')).id).to.equal(child.id);
    });

    it('gives the superiors that it makes numbers and UIDVALIDITY that never come again', async () => {
      const box = await create('a');
      await store.renameMailbox(account, box.id, named('p/q/a'));
      const made = await mailboxNamed(store, account, 'p/q');
      store = await opened().reopen();
      const next = await create('next');
      expect(next.id).to.be.greaterThan(made.id);
      expect(next.uidValidity).to.be.greaterThan(made.uidValidity);
    });

    it('may go into its own former parent and swap names', async () => {
      const a = await create('a');
      const b = await create('b');
      await store.renameMailbox(account, a.id, named('t'));
      await store.renameMailbox(account, b.id, named('a'));
      await store.renameMailbox(account, a.id, named('b'));
      expect((await mailboxNamed(store, account, 'a')).id).to.equal(b.id);
      expect((await mailboxNamed(store, account, 'b')).id).to.equal(a.id);
    });

    it('swaps names also when the renames wait for each other', async () => {
      const a = await create('a');
      const b = await create('b');
      await Promise.all([
        store.renameMailbox(account, a.id, named('t')),
        store.renameMailbox(account, b.id, named('a')),
        store.renameMailbox(account, a.id, named('b')),
      ]);
      expect((await mailboxNamed(store, account, 'a')).id).to.equal(b.id);
      expect((await mailboxNamed(store, account, 'b')).id).to.equal(a.id);
    });

    it('of INBOX moves the messages to the new name and leaves INBOX and what is below it', async () => {
      const inbox = await mailboxNamed(store, account, 'INBOX');
      await create('INBOX/sub');
      const octets = letter('moved');
      await appendAll(store, account, inbox.id, [octets, letter()]);
      const open = await store.open(account, inbox.id);
      await store.renameMailbox(account, inbox.id, named('Old mail'));
      const target = await mailboxNamed(store, account, 'Old mail');
      expect(target).to.include({ messages: 2, uidNext: 3 });
      expect(target.uidValidity).to.be.greaterThan(inbox.uidValidity);
      expect(await mailboxNamed(store, account, 'INBOX')).to.include({
        id: inbox.id,
        uidValidity: inbox.uidValidity,
        uidNext: 3,
        messages: 0,
      });
      expect(open.view.count).to.equal(0);
      const moved = await store.open(account, target.id);
      expect(await octetsOf(store, account, moved.view.emailAt(0))).to.deep.equal(octets);
      expect(await find('INBOX/sub')).not.to.equal(undefined);
    });

    it('drops a \\Noselect superior that is left without children', async () => {
      const parent = await create('p');
      const child = await create('p/c');
      await store.deleteMailbox(account, parent.id);
      await store.renameMailbox(account, child.id, named('q'));
      expect(await find('p')).to.equal(undefined);
    });

    it('refuses a taken name, a place below itself, a wrong name and a missing mailbox', async () => {
      const { id } = await create('a');
      const rename = (to: string, from: MailboxId = id): Promise<string> =>
        failureOf(store.renameMailbox(account, from, named(to)));
      const before = await names();
      expect(await rename('Sent')).to.equal('already-exists');
      expect(await rename('Inbox')).to.equal('already-exists');
      expect(await rename('a/b')).to.equal('invalid');
      expect(await rename('b//c')).to.equal('invalid');
      expect(await rename('b', 999 as MailboxId)).to.equal('not-found');
      expect(await names()).to.deep.equal(before);
    });
  });

  describe('UIDVALIDITY', () => {
    it('grows with each mailbox even when the clock stands still or goes back', async () => {
      const seen = (await store.mailboxes(account)).map(({ uidValidity }) => uidValidity);
      expect(new Set(seen).size).to.equal(seen.length);
      const first = await create('one');
      expect(first.uidValidity).to.be.greaterThan(Math.max(...seen));
      clock.advance(-1_000_000);
      const second = await create('two');
      clock.advance(1_000_000);
      expect(second.uidValidity).to.be.greaterThan(first.uidValidity);
    });
  });

  describe('subscriptions', () => {
    it('hold names of mailboxes that exist or not, across a reopen', async () => {
      await store.subscribe(account, named('Not yet'), true);
      await store.subscribe(account, named('Sent'), false);
      await store.subscribe(account, named('Sent'), false);
      const reopened = await opened().reopen();
      const subscribed = await reopened.subscriptions(account);
      expect(subscribed.has(named('Not yet'))).to.equal(true);
      expect(subscribed.has(named('Sent'))).to.equal(false);
    });

    it('answer a set that later changes do not touch', async () => {
      const before = await store.subscriptions(account);
      await store.subscribe(account, named('Later'), true);
      expect(before.has(named('Later'))).to.equal(false);
      expect((await store.subscriptions(account)).has(named('Later'))).to.equal(true);
    });
  });

  it('answers not-found for an account that is not there', async () => {
    const nobody = 88_888_888 as AccountId;
    expect(await failureOf(store.mailboxes(nobody))).to.equal('not-found');
    expect(await failureOf(store.createMailbox(nobody, named('x')))).to.equal('not-found');
    expect(await failureOf(store.open(nobody, 1 as MailboxId))).to.equal('not-found');
    expect(await failureOf(appendAll(store, nobody, 1 as MailboxId, [letter()]))).to.equal(
      'not-found',
    );
  });
}
