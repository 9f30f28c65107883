import { expect } from 'chai';
import { type AccountId, type EmailId, inboxId } from '../../../src/core/values.ts';
import { foldCase } from '../../../src/mail/fold.ts';
import type { MailStore, TextPart } from '../../../src/store/api.ts';
import { appendAll, delivery, newAccount, type OpenBackend, withContent } from '../support.ts';

/** The promises of `findText`. */
export function searchContract(opened: () => OpenBackend): void {
  describe('finding texts', () => {
    let store: MailStore;
    let account: AccountId;
    before(async () => {
      ({ store } = opened());
      ({ id: account } = await newAccount(store));
    });

    const emails = async (of = account): Promise<EmailId[]> => {
      const box = await opened().store.open(of, inboxId);
      const all = Array.from({ length: box.view.count }, (_, i) => box.view.emailAt(i));
      box.close();
      return all;
    };
    const add = async (subject: string, body: string): Promise<EmailId> => {
      const text = `Subject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}`;
      await appendAll(opened().store, account, inboxId, [Buffer.from(text)]);
      return (await emails()).at(-1) as EmailId;
    };
    const mayHold = async (email: EmailId, part: TextPart, text: string): Promise<boolean> => {
      const matcher = await opened().store.findText(account, part, foldCase(text));
      if (matcher === undefined) throw new Error('the index cannot tell');
      return matcher(email) !== false;
    };

    it('never leaves out a message with the text, indexed or not', async () => {
      const email = await add('Есеп туралы', 'Құрметті әріптестер, 会议纪要 дайын 😀!');
      const holds = async (): Promise<void> => {
        for (const text of ['ЕСЕП', 'туралы', 'subject: есеп']) {
          expect(await mayHold(email, 'header', text), text).to.equal(true);
        }
        for (const text of ['ҚҰРМЕТТІ', 'ріп', '会议纪', ' 😀!', 'дайын 😀']) {
          expect(await mayHold(email, 'body', text), text).to.equal(true);
        }
      };
      await holds();
      await opened().indexTexts();
      await holds();
    });

    it('rules out what lacks the text, part by part, once it is indexed', async () => {
      const email = await add('nightingale', 'blackbird');
      await opened().indexTexts();
      expect(await mayHold(email, 'header', 'nightingale')).to.equal(true);
      expect(await mayHold(email, 'body', 'blackbird')).to.equal(true);
      expect(await mayHold(email, 'body', 'nightingale')).to.equal(false);
      expect(await mayHold(email, 'header', 'blackbird')).to.equal(false);
      expect(await mayHold(email, 'body', 'sparrow')).to.equal(false);
    });

    it('cannot tell for less than three characters', async () => {
      const { store: current } = opened();
      for (const needle of ['', 'a', 'аб', '😀😀']) {
        expect(await current.findText(account, 'body', needle), needle).to.equal(undefined);
      }
      expect(await current.findText(account, 'body', '😀аб')).to.be.a('function');
    });

    it('knows a letter for each of its recipients', async () => {
      const { store: current } = opened();
      const others = [await newAccount(current), await newAccount(current)];
      await withContent(current, Buffer.from('Subject: x\r\n\r\nkingfisher'), (content) =>
        current.accept(
          content,
          others.map(({ id }) => delivery(id)),
        ),
      );
      await opened().indexTexts();
      for (const { id } of others) {
        const [email] = (await emails(id)) as [EmailId];
        expect((await current.findText(id, 'body', 'kingfisher'))?.(email)).to.not.equal(false);
        expect((await current.findText(id, 'body', 'goldfinch'))?.(email)).to.equal(false);
      }
    });

    const compare = async (
      email: EmailId,
      part: TextPart,
      text: string,
      field?: string,
    ): Promise<boolean | undefined> => {
      const lookup = { part, field, needle: foldCase(text) };
      return (await opened().store.compareTexts(account, [email], lookup))[0];
    };

    it('compares texts of any length, part by part, and never tells a wrong thing', async () => {
      const email = await add('Есеп туралы есеп', 'Құрметті әріптестер, 会议纪要 дайын 😀!');
      // Before it is indexed it may not know, and must not deny.
      expect(await compare(email, 'body', 'дайын')).to.not.equal(false);
      await opened().indexTexts();
      const long = await add('long', 'ё '.repeat(530_000));
      await opened().indexTexts();
      for (const [part, text, want] of [
        ['body', 'қ', true],
        ['body', 'ТТ', true],
        ['body', '会议', true],
        ['body', '议会', false],
        ['body', 'құрметті әріптестер, 会议纪要 дайын 😀!', true],
        ['body', 'есеп', false],
        ['body', 'ъ', false],
        ['header', 'есеп туралы', true],
        ['header', 'SUBJECT: Е', true],
        ['header', 'дайын', false],
      ] as const) {
        expect(await compare(email, part, text), text).to.equal(want);
      }
      expect(await compare(long, 'body', 'ё ё')).to.not.equal(false);
    });

    it('compares the values of single fields', async () => {
      const email = await add('plover\r\nX-Bird: Бүркіт\r\nx-bird: owl\r\nX-Empty:', 'body');
      await opened().indexTexts();
      for (const [field, text, want] of [
        ['subject', 'PLOVER', true],
        ['subject', 'owl', false],
        ['subject', 'subject', false],
        ['x-bird', 'бүркіт', true],
        ['x-bird', 'owl', true],
        ['x-bird', 'plover', false],
        ['x-bird', 'x-bird', false],
        ['bird', 'owl', false],
        ['x-bir', 'owl', false],
        ['x-empty', '', true],
        ['x-none', '', false],
      ] as const) {
        expect(await compare(email, 'header', text, field), `${field} ${text}`).to.equal(want);
      }
      // No field is called so: it need not tell.
      for (const field of ['x-bird: owl', '', ' ', 'ү']) {
        expect(await compare(email, 'header', 'owl', field), field).to.equal(undefined);
      }
    });

    it('does not mistake what an index may write in another way', async () => {
      const base64 = 'Content-Type: text/plain; charset=utf-7\r\nContent-Transfer-Encoding: base64';
      // A NUL, and half a surrogate pair.
      const body = Buffer.from('qa\0bq xy+2D0-z').toString('base64');
      await appendAll(opened().store, account, inboxId, [
        Buffer.from(`Subject: odd\r\n${base64}\r\n\r\n${body}\r\n`),
      ]);
      const email = (await emails()).at(-1) as EmailId;
      await opened().indexTexts();
      const find = async (text: string): Promise<boolean | undefined> =>
        (await opened().store.findText(account, 'body', text))?.(email);
      for (const text of ['a\0b', 'a\0bq', 'xy\ud83d', '\ud83d', 'y\ud83dz']) {
        expect(await find(text), JSON.stringify(text)).to.not.equal(false);
        expect(await compare(email, 'body', text), JSON.stringify(text)).to.not.equal(false);
      }
      for (const text of ['a\u0001b', 'a\u0001bq', 'xy\ufffd', 'y\ufffdz']) {
        expect(await find(text), JSON.stringify(text)).to.not.equal(true);
        expect(await compare(email, 'body', text), JSON.stringify(text)).to.not.equal(true);
      }
    });

    it('compares many messages in their order, large texts too', async () => {
      const large = Array.from(
        { length: 7 },
        (_, i) => `${'lorem ipsum '.repeat(70_000)}${i % 3 === 0 ? 'hoopoe' : 'bee-eater'}`,
      );
      const some = [];
      for (const [i, text] of large.entries()) some.push(await add(`large ${i}`, text));
      await opened().indexTexts();
      const lookup = { part: 'body', field: undefined, needle: 'hoopoe' } as const;
      const told = await opened().store.compareTexts(account, some, lookup);
      expect(told).to.deep.equal(large.map((_, i) => i % 3 === 0));
      expect(await opened().store.compareTexts(account, [], lookup)).to.deep.equal([]);
    });

    it('still knows it after a reopen', async () => {
      const email = await add('reopened', 'wagtail');
      await opened().indexTexts();
      await opened().reopen();
      expect(await mayHold(email, 'body', 'wagtail')).to.equal(true);
      expect(await mayHold(email, 'body', 'starling')).to.equal(false);
    });
  });
}
