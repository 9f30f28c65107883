import { expect } from 'chai';
import { countOf, type UidRanges } from '../../../src/core/uid-set.ts';
import {
  type AccountId,
  flagBits,
  inboxId,
  type MailboxId,
  type ModSeq,
} from '../../../src/core/values.ts';
import type { FlagChange, MailStore, OpenMailbox } from '../../../src/store/api.ts';
import { keywordLimit } from '../../../src/store/mailbox-view.ts';
import {
  appendAll,
  failureOf,
  flagsOf,
  letter,
  mailboxNamed,
  type ManualClock,
  newAccount,
  noFlags,
  octetsOf,
  type OpenBackend,
  receive,
  rowsOf,
  uidsOf,
  withContent,
} from '../support.ts';

const day = 86_400_000;
const nowhere = 999 as MailboxId;
const { '\\Seen': seen, '\\Deleted': deleted, '\\Flagged': flagged } = flagBits;

/** The promises of `MessageStore` about messages in mailboxes. */
export function messagesContract(opened: () => OpenBackend, clock: ManualClock): void {
  let store: MailStore;
  let account: AccountId;
  let sent: MailboxId;
  let inbox: OpenMailbox;
  beforeEach(async () => {
    ({ store } = opened());
    account = (await newAccount(store)).id;
    sent = (await mailboxNamed(store, account, 'Sent')).id;
    inbox = await store.open(account, inboxId);
  });
  afterEach(() => {
    inbox.close();
  });
  const append = (count: number, flags = noFlags): Promise<readonly number[]> =>
    appendAll(
      store,
      account,
      inboxId,
      Array.from({ length: count }, () => letter()),
      flags,
    );
  const flag = (
    uids: UidRanges,
    mode: FlagChange['mode'],
    system: number,
    keywords: string[] = [],
    unchangedSince?: number,
  ): Promise<UidRanges> =>
    store
      .storeFlags(account, inboxId, uids, {
        mode,
        flags: { system, keywords },
        ...(unchangedSince !== undefined && { unchangedSince: unchangedSince as ModSeq }),
      })
      .then(({ modified }) => modified);
  const mailbox = (name = 'INBOX'): ReturnType<typeof mailboxNamed> =>
    mailboxNamed(store, account, name);

  describe('APPEND', () => {
    it('gives ascending UIDs, one MODSEQ, flags and the internal date in whole seconds', async () => {
      const first = await store.append(account, inboxId, []);
      expect(first.uids).to.deep.equal([]);
      const content = await receive(store, letter());
      const appended = await store.append(account, inboxId, [
        {
          content,
          flags: { system: seen, keywords: ['$Forwarded'] },
          internalDate: 1_700_000_000_999,
        },
        { content, flags: { system: deleted, keywords: [] }, internalDate: 0 },
      ]);
      await content.release();
      expect(appended.uids).to.deep.equal([1, 2]);
      expect(appended.uidValidity).to.equal((await mailbox()).uidValidity);
      const [one, two] = rowsOf(inbox.view);
      expect(one?.internalDate).to.equal(1_700_000_000);
      expect(two?.internalDate).to.equal(0);
      expect(one?.modSeq).to.equal(two?.modSeq);
      expect(flagsOf(inbox.view, 1)).to.deep.equal({ system: seen, keywords: ['$Forwarded'] });
      expect(await mailbox()).to.include({
        messages: 2,
        uidNext: 3,
        unseen: 1,
        deleted: 1,
        sizeBytes: 2 * content.sizeBytes,
        deletedBytes: content.sizeBytes,
        highestModSeq: one?.modSeq,
      });
    });

    it('is all or nothing', async () => {
      const before = await mailbox();
      const content = await receive(store, letter());
      const keywords = Array.from({ length: keywordLimit + 1 }, (_, i) => `k${i}`);
      const failed = store.append(account, inboxId, [
        { content, flags: noFlags, internalDate: 0 },
        { content, flags: { system: 0, keywords }, internalDate: 0 },
      ]);
      expect(await failureOf(failed)).to.equal('limit');
      await content.release();
      expect(await mailbox()).to.deep.equal(before);
      expect(inbox.view.keywords).to.deep.equal([]);
      expect(await failureOf(appendAll(store, account, nowhere, [letter()]))).to.equal('not-found');
    });

    it('knows the same octets again within the account', async () => {
      const octets = letter();
      await appendAll(store, account, inboxId, [octets]);
      await appendAll(store, account, inboxId, [octets, letter()]);
      const [first, second, third] = rowsOf(inbox.view);
      expect(second?.email).to.equal(first?.email);
      expect(third?.email).not.to.equal(first?.email);
    });
  });

  describe('STORE', () => {
    it('adds, removes and replaces', async () => {
      await append(3);
      await flag([1, 3], 'add', seen, ['Важно']);
      await flag([2, 2], 'remove', seen, ['важно', 'never-heard-of']);
      await flag([3, 3], 'replace', flagged, ['$Junk']);
      expect(flagsOf(inbox.view, 1)).to.deep.equal({ system: seen, keywords: ['Важно'] });
      expect(flagsOf(inbox.view, 2)).to.deep.equal({ system: 0, keywords: [] });
      expect(flagsOf(inbox.view, 3)).to.deep.equal({ system: flagged, keywords: ['$Junk'] });
      expect(inbox.view.keywords).to.deep.equal(['Важно', '$Junk']);
      expect(await mailbox()).to.include({ unseen: 2, deleted: 0 });
    });

    it('gives one MODSEQ to all that changed and leaves the others theirs', async () => {
      await append(4);
      await flag([2, 2], 'add', seen);
      const before = rowsOf(inbox.view).map(({ modSeq }) => modSeq);
      await flag([1, 3], 'add', seen);
      const after = rowsOf(inbox.view).map(({ modSeq }) => modSeq);
      expect(after[0]).to.be.greaterThan(Math.max(...before));
      expect(after).to.deep.equal([after[0], before[1], after[0], before[3]]);
      expect(inbox.view.highestModSeq).to.equal(after[0]);
    });

    it('of what is so already changes nothing at all', async () => {
      await append(2, { system: seen, keywords: ['a'] });
      const before = await mailbox();
      let told = 0;
      const unwatch = store.watch(account, () => told++);
      await flag([1, 2], 'add', seen, ['A']);
      await flag([1, 2], 'remove', flagged, ['b']);
      await flag([1, 2], 'replace', seen, ['a']);
      await flag([7, 9], 'add', seen, ['new']);
      unwatch();
      expect(await mailbox()).to.deep.equal(before);
      expect(inbox.view.keywords).to.deep.equal(['a']);
      expect(told).to.equal(0);
    });

    it('skips UIDs that are not there', async () => {
      await append(1);
      expect(await flag([1, 4_294_967_295], 'add', seen)).to.deep.equal([]);
      expect(flagsOf(inbox.view, 1).system).to.equal(seen);
    });

    it('leaves messages changed after unchangedSince and names them', async () => {
      await append(5);
      const since = inbox.view.highestModSeq;
      await flag([2, 2, 4, 5], 'add', flagged);
      expect(await flag([1, 4], 'add', seen, [], since)).to.deep.equal([2, 2, 4, 4]);
      expect(uidsOf(inbox.view).map((uid) => flagsOf(inbox.view, uid).system)).to.deep.equal([
        seen,
        flagged,
        seen,
        flagged,
        flagged,
      ]);
      expect(await flag([5, 5], 'add', seen, [], 0)).to.deep.equal([5, 5]);
    });

    it('keeps the spelling of a keyword that was seen first', async () => {
      await append(2);
      await flag([1, 1], 'add', 0, ['ToDo']);
      await flag([2, 2], 'add', 0, ['TODO']);
      expect(flagsOf(inbox.view, 2).keywords).to.deep.equal(['ToDo']);
    });

    it(`holds ${keywordLimit} keywords and refuses one more`, async () => {
      await append(1);
      const keywords = Array.from({ length: keywordLimit }, (_, i) => `keyword-${i}`);
      await flag([1, 1], 'add', 0, keywords);
      expect(flagsOf(inbox.view, 1).keywords).to.deep.equal(keywords);
      expect(await failureOf(flag([1, 1], 'add', seen, ['one-more']))).to.equal('limit');
      expect(flagsOf(inbox.view, 1)).to.deep.equal({ system: 0, keywords });
      const reopened = await (await opened().reopen()).open(account, inboxId);
      expect(flagsOf(reopened.view, 1)).to.deep.equal({ system: 0, keywords });
    });

    it('is not found in a mailbox that is not there', async () => {
      const change: FlagChange = { mode: 'add', flags: noFlags };
      expect(await failureOf(store.storeFlags(account, nowhere, [1, 1], change))).to.equal(
        'not-found',
      );
    });
  });

  describe('COPY', () => {
    it('keeps flags, keywords, internal date and email; UIDs pair up in order', async () => {
      await append(2, { system: seen | deleted, keywords: ['b'] });
      await append(1);
      await appendAll(store, account, sent, [letter()], { system: 0, keywords: ['a', 'b'] });
      const copied = await store.copy(account, inboxId, [2, 9], sent);
      expect(copied).to.deep.equal({
        uidValidity: (await mailbox('Sent')).uidValidity,
        from: [2, 3],
        to: [2, 3],
      });
      const target = await store.open(account, sent);
      expect(flagsOf(target.view, 2)).to.deep.equal({ system: seen | deleted, keywords: ['b'] });
      const source = inbox.view.rowAt(1);
      expect(target.view.rowAt(1)).to.include({
        email: source.email,
        internalDate: source.internalDate,
        sizeBytes: source.sizeBytes,
      });
      expect(inbox.view.count).to.equal(3);
      expect(await mailbox('Sent')).to.include({ messages: 3, unseen: 2, deleted: 1 });
      target.close();
    });

    it('into the same mailbox makes second messages', async () => {
      await append(2);
      const copied = await store.copy(account, inboxId, [1, 2], inboxId);
      expect(copied).to.deep.include({ from: [1, 2], to: [3, 4] });
      expect(uidsOf(inbox.view)).to.deep.equal([1, 2, 3, 4]);
    });

    it('of nothing is nothing', async () => {
      const before = await mailbox('Sent');
      expect(await store.copy(account, inboxId, [5, 9], sent)).to.deep.include({
        from: [],
        to: [],
      });
      expect(await mailbox('Sent')).to.deep.equal(before);
    });

    it('is all or nothing', async () => {
      await append(1, { system: 0, keywords: ['one-too-many'] });
      const keywords = Array.from({ length: keywordLimit }, (_, i) => `k${i}`);
      await appendAll(store, account, sent, [letter()], { system: 0, keywords });
      const before = await mailbox('Sent');
      expect(await failureOf(store.copy(account, inboxId, [1, 1], sent))).to.equal('limit');
      expect(await failureOf(store.copy(account, inboxId, [1, 1], nowhere))).to.equal('not-found');
      expect(await failureOf(store.copy(account, nowhere, [1, 1], sent))).to.equal('not-found');
      expect(await mailbox('Sent')).to.deep.equal(before);
    });
  });

  describe('MOVE', () => {
    it('takes the sources away in the same commit', async () => {
      await append(3, { system: flagged, keywords: ['k'] });
      const target = await store.open(account, sent);
      const moved = await store.move(account, inboxId, [1, 1, 3, 7], sent);
      expect(moved).to.deep.include({ from: [1, 3], to: [1, 2] });
      expect(uidsOf(inbox.view)).to.deep.equal([2]);
      expect(flagsOf(target.view, 2)).to.deep.equal({ system: flagged, keywords: ['k'] });
      expect(target.view.highestModSeq).to.equal(inbox.view.highestModSeq);
      expect(await inbox.vanishedSince(0 as ModSeq)).to.deep.equal([1, 1, 3, 3]);
      target.close();
    });

    it('within a mailbox gives new UIDs', async () => {
      await append(3);
      const moved = await store.move(account, inboxId, [1, 2], inboxId);
      expect(moved).to.deep.include({ from: [1, 2], to: [4, 5] });
      expect(uidsOf(inbox.view)).to.deep.equal([3, 4, 5]);
      expect(await mailbox()).to.include({ messages: 3, uidNext: 6 });
    });

    it('works in an account that is full', async () => {
      const { id } = await newAccount(store, { bytes: 10, messages: 1 });
      await appendAll(store, id, inboxId, [Buffer.from('ten octets')]);
      const target = (await mailboxNamed(store, id, 'Archive')).id;
      expect((await store.move(id, inboxId, [1, 1], target)).to).to.deep.equal([1]);
    });
  });

  describe('EXPUNGE', () => {
    it('removes what has \\Deleted, of all or of those named, and never reuses a UID', async () => {
      await append(5);
      await flag([2, 2, 4, 5], 'add', deleted);
      expect(await store.expunge(account, inboxId, [1, 4])).to.deep.equal([2, 2, 4, 4]);
      expect(await store.expunge(account, inboxId)).to.deep.equal([5, 5]);
      expect(await store.expunge(account, inboxId)).to.deep.equal([]);
      expect(uidsOf(inbox.view)).to.deep.equal([1, 3]);
      expect(await append(1)).to.deep.equal([6]);
      expect(await mailbox()).to.include({ messages: 3, deleted: 0, deletedBytes: 0, uidNext: 7 });
      const later = await (await opened().reopen()).open(account, inboxId);
      expect(uidsOf(later.view)).to.deep.equal([1, 3, 6]);
      expect(await later.vanishedSince(0 as ModSeq)).to.deep.equal([2, 2, 4, 5]);
    });

    it('keeps the content readable for those who still see the message', async () => {
      const octets = letter('still here');
      await appendAll(store, account, inboxId, [octets], { system: deleted, keywords: [] });
      const email = inbox.view.emailAt(0);
      await store.expunge(account, inboxId);
      clock.advance(29 * day);
      await opened().collect(clock.now());
      expect(await octetsOf(store, account, email)).to.deep.equal(octets);
    });
  });

  describe('tombstones', () => {
    it('name the UIDs expunged after a MODSEQ, also in a view opened later', async () => {
      await append(6, { system: deleted, keywords: [] });
      const start = inbox.view.highestModSeq;
      await store.expunge(account, inboxId, [2, 3]);
      const middle = inbox.view.highestModSeq;
      await store.expunge(account, inboxId, [5, 5]);
      expect(await inbox.vanishedSince(start)).to.deep.equal([2, 3, 5, 5]);
      expect(await inbox.vanishedSince(middle)).to.deep.equal([5, 5]);
      expect(await inbox.vanishedSince(inbox.view.highestModSeq)).to.deep.equal([]);
      const later = await (await opened().reopen()).open(account, inboxId);
      expect(await later.vanishedSince(start)).to.deep.equal([2, 3, 5, 5]);
    });

    it('are answered by every missing UID once they are forgotten, and content goes with them', async () => {
      await append(5);
      await flag([2, 2, 5, 5], 'add', deleted);
      const email = inbox.view.emailAt(1);
      const since = inbox.view.highestModSeq;
      await store.expunge(account, inboxId);
      clock.advance(31 * day);
      await opened().collect(clock.now());
      expect(await inbox.vanishedSince(since)).to.deep.equal([2, 2, 5, 5]);
      expect(await inbox.vanishedSince(0 as ModSeq)).to.deep.equal([2, 2, 5, 5]);
      expect(await inbox.vanishedSince(inbox.view.highestModSeq)).to.deep.equal([]);
      expect(await store.content(account, email)).to.equal(undefined);
      expect(await store.describe(account, [email], ['envelope'])).to.deep.equal([undefined]);
      expect(countOf(await inbox.vanishedSince(0 as ModSeq))).to.equal(2);
    });

    it('let go of content only when no copy is left', async () => {
      const octets = letter('copied');
      await appendAll(store, account, inboxId, [octets], { system: deleted, keywords: [] });
      const email = inbox.view.emailAt(0);
      await store.copy(account, inboxId, [1, 1], sent);
      await store.expunge(account, inboxId);
      clock.advance(31 * day);
      await opened().collect(clock.now());
      expect(await octetsOf(store, account, email)).to.deep.equal(octets);
      await store.deleteMailbox(account, sent);
      clock.advance(31 * day);
      await opened().collect(clock.now());
      expect(await store.content(account, email)).to.equal(undefined);
    });
  });

  describe('conversations', () => {
    const thread = async (octets: string): Promise<number> => {
      const uids = await withContent(store, Buffer.from(octets), (content) =>
        store.append(account, inboxId, [{ content, flags: noFlags, internalDate: 0 }]),
      );
      const email = inbox.view.emailAt(inbox.view.indexOf(uids.uids[0] ?? 0));
      const [described] = await store.describe(account, [email], ['thread']);
      return described?.thread ?? 0;
    };
    const mail = (id: string, subject: string, references = ''): string =>
      `Message-ID: <${id}@x>\r\nSubject: ${subject}\r\n` +
      (references === '' ? '' : `References: ${references}\r\n`) +
      `\r\n${id}\r\n`;

    it('hold a letter, its replies, and replies to a letter that never came', async () => {
      const first = await thread(mail('a', 'Plan'));
      expect(await thread(mail('b', 'Re: Plan', '<a@x>'))).to.equal(first);
      expect(await thread(mail('c', 'Re: Plan', '<lost@x> <b@x>'))).to.equal(first);
      expect(await thread(mail('d', 'Re: Plan', '<lost@x>'))).to.equal(first);
    });

    it('end where the subject changes', async () => {
      const first = await thread(mail('a', 'Plan'));
      expect(await thread(mail('b', 'Something else', '<a@x>'))).not.to.equal(first);
    });

    it('are of one account', async () => {
      const octets = mail('same', 'Same');
      const first = await thread(octets);
      expect(first).to.be.greaterThan(0);
      expect(await thread(octets)).to.equal(first);
    });
  });
}
