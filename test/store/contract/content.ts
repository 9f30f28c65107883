import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type AccountId, type EmailId, inboxId } from '../../../src/core/values.ts';
import type { Content, MailStore, Rendering } from '../../../src/store/api.ts';
import {
  appendAll,
  delivery,
  letter,
  newAccount,
  noFlags,
  octetsOf,
  type OpenBackend,
  receive,
} from '../support.ts';

const header = 'Subject: content\r\n\r\n';
const everything: readonly Rendering[] = [
  'envelope',
  'bodyStructure',
  'body',
  'header',
  'parts',
  'preview',
  'sentAt',
  'thread',
];

/** The promises of `ContentStore`, and of reading what was stored. */
export function contentContract(opened: () => OpenBackend): void {
  let store: MailStore;
  let account: AccountId;
  beforeEach(async () => {
    ({ store } = opened());
    account = (await newAccount(store)).id;
  });
  const keep = async (content: Content): Promise<EmailId> => {
    const { uids } = await store.append(account, inboxId, [
      { content, flags: noFlags, internalDate: 0 },
    ]);
    await content.release();
    const open = await store.open(account, inboxId);
    const email = open.view.emailAt(open.view.indexOf(uids[0] ?? 0));
    open.close();
    return email;
  };

  describe('octets come out as they went in', () => {
    const inline = 64 * 1024;
    const cases: readonly (readonly [string, Uint8Array])[] = [
      ['no octets at all', Buffer.alloc(0)],
      ['one octet', Buffer.from('x')],
      ['a header only', Buffer.from('Subject: x\r\n\r\n')],
      ['no header', Buffer.from('\r\nbody')],
      ['no final line break', Buffer.from(`${header}last line`)],
      ['bare LF and CR', Buffer.from(`Subject: a\n\nb\rc\n\rd`)],
      ['NUL octets', Buffer.from(`Sub\0ject: a\0\r\n\r\n\0\0\0`)],
      [
        'every octet',
        Buffer.concat([Buffer.from(header), Buffer.from(Array.from({ length: 256 }, (_, i) => i))]),
      ],
      [
        'invalid UTF-8',
        Buffer.from([0x53, 0x3a, 0xff, 0xc0, 0x80, 0x0d, 0x0a, 0x0d, 0x0a, 0xed, 0xa0, 0x80]),
      ],
      ['random octets', randomBytes(5000)],
      [
        'just below the inline limit',
        Buffer.concat([Buffer.from(header), randomBytes(inline - header.length - 1)]),
      ],
      [
        'the inline limit',
        Buffer.concat([Buffer.from(header), randomBytes(inline - header.length)]),
      ],
      [
        'just past the inline limit',
        Buffer.concat([Buffer.from(header), randomBytes(inline - header.length + 1)]),
      ],
      ['a header past the inline limit', Buffer.from(`X-Long: ${'a'.repeat(70_000)}\r\n\r\nbody`)],
      ['a header of a megabyte and no body', Buffer.from(`${'X: y\r\n'.repeat(180_000)}\r\n`)],
    ];
    for (const [what, octets] of cases) {
      for (const chunkBytes of [1 << 20, 1000, 7]) {
        if (octets.length / chunkBytes > 20_000) continue;
        it(`${what}, written ${chunkBytes} at a time`, async () => {
          const content = await receive(store, octets, chunkBytes);
          expect(content.sizeBytes).to.equal(octets.length);
          expect(content.sha256).to.equal(createHash('sha256').update(octets).digest('hex'));
          const email = await keep(content);
          expect(await octetsOf(store, account, email)).to.deep.equal(Buffer.from(octets));
          const [described] = await store.describe(account, [email], ['header']);
          const block = octets.subarray(0, content.index.headerBytes);
          expect(Buffer.from(described?.header ?? [])).to.deep.equal(Buffer.from(block));
          const [read] = await store.contents(account, [email]);
          expect(read?.sizeBytes).to.equal(octets.length);
          if (octets.length <= store.inlineBodyBytes) {
            expect(Buffer.from(read?.bytes ?? [])).to.deep.equal(Buffer.from(octets));
          } else expect(read?.bytes).to.equal(undefined);
        });
      }
    }

    it('20 MB, in pieces of any place and length', async () => {
      const octets = Buffer.concat([Buffer.from(header), randomBytes(20 * 1024 * 1024)]);
      const email = await keep(await receive(store, octets, 65_536));
      const content = await store.content(account, email);
      expect(content?.sizeBytes).to.equal(octets.length);
      for (const [offset, length] of [
        [0, 10],
        [12_345_678, 1_000_000],
        [octets.length - 5, 100],
        [octets.length, 1],
      ] as const) {
        const piece = await content!.read(offset, length);
        expect(Buffer.from(piece).equals(octets.subarray(offset, offset + length))).to.equal(true);
      }
      const reopened = await opened().reopen();
      expect((await octetsOf(reopened, account, email, 1 << 20)).equals(octets)).to.equal(true);
    });

    it('also when the caller uses its buffer again', async () => {
      const writer = store.receive();
      const buffer = Buffer.alloc(50_000);
      const octets: Buffer[] = [];
      for (let i = 0; i < 20; i++) {
        buffer.fill(i);
        octets.push(Buffer.from(buffer));
        const wait = writer.write(buffer);
        buffer.fill(255);
        await wait;
      }
      const email = await keep(await writer.finish());
      expect((await octetsOf(store, account, email)).equals(Buffer.concat(octets))).to.equal(true);
    });
  });

  describe('receiving', () => {
    it('asks to wait when the disk is slower than the caller, and holds little until then', async () => {
      const writer = store.receive();
      const chunk = Buffer.alloc(64 * 1024, 'x');
      let written = 0;
      let wait: Promise<void> | undefined;
      while (wait === undefined && written < 100) {
        wait = writer.write(chunk);
        written++;
      }
      expect(wait).to.be.a('promise');
      expect(written * chunk.length).to.be.at.most(1024 * 1024);
      await wait;
      await writer.abort();
    });

    it('may be given up at any point', async () => {
      await store.receive().abort();
      const small = store.receive();
      await small.write(letter());
      await small.abort();
      const large = store.receive();
      void large.write(Buffer.alloc(1_000_000));
      await large.abort();
    });
  });

  describe('describe', () => {
    it('answers what was asked for, in order, undefined for what is not there', async () => {
      await appendAll(store, account, inboxId, [letter('one'), letter('two')]);
      const { view } = await store.open(account, inboxId);
      const [first, second] = [view.emailAt(0), view.emailAt(1)];
      const missing = 4_000_000_000 as EmailId;
      const answers = await store.describe(account, [second, missing, first], ['preview']);
      expect(answers.map((each) => each?.preview?.slice(0, 3))).to.deep.equal([
        'two',
        undefined,
        'one',
      ]);
      expect(Object.keys(answers[0]!)).to.deep.equal(['preview']);
    });

    it('gives everything that was rendered at delivery', async () => {
      const content = await receive(
        store,
        Buffer.from(
          'Date: Tue, 1 Sep 2026 10:00:00 +0500\r\nSubject: =?utf-8?B?0JbQsNC80LHRi9C7?=\r\n' +
            'From: a@example.kz\r\nMIME-Version: 1.0\r\n' +
            'Content-Type: multipart/mixed; boundary=b\r\n\r\n' +
            '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n' +
            '--b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\n%PDF\r\n' +
            '--b--\r\n',
        ),
      );
      const { index } = content;
      const email = await keep(content);
      const [described] = await store.describe(account, [email], everything);
      expect(described).to.deep.include({
        envelope: index.envelope,
        envelopeUtf8: index.envelopeUtf8,
        bodyStructure: index.bodyStructure,
        bodyStructureUtf8: index.bodyStructureUtf8,
        body: index.body,
        bodyUtf8: index.bodyUtf8,
        parts: index.root,
        preview: index.preview,
        sentAt: index.sentAt,
      });
      const [read] = await store.contents(account, [email]);
      expect(read?.parts).to.deep.equal(index.root);
    });

    it('gives of headers the fields that are asked for, wherever they are kept', async () => {
      const long = 'X-Long: x\r\n'.repeat(20_000);
      const cases = [
        ['Subject: a\r\nFrom: b\r\nTo: c\r\n\r\nTo: d', 'From: b\r\nTo: c\r\n\r\n'],
        ['From: no body, no line break', 'From: no body, no line break\r\n'],
        ['', '\r\n'],
        ['Subject: NUL\0\r\nTO :\r\n \0\xff\r\n\r\n', 'TO :\r\n \0\xff\r\n\r\n'],
        [`Subject: large\r\nTo: e\r\n\r\n${long}`, 'To: e\r\n\r\n'],
        [`To: f\r\n${long}\r\n`, 'To: f\r\n\r\n'],
      ] as const;
      const emails: EmailId[] = [];
      for (const [octets] of cases) {
        emails.push(await keep(await receive(store, Buffer.from(octets, 'latin1'))));
      }
      const fields = { mode: 'only', names: ['to', 'FROM'] } as const;
      // With other renderings before and behind it, and an email that is not there.
      const want = ['header', 'preview', 'sentAt', 'envelope'] as const;
      const missing = 4_000_000_000 as EmailId;
      const described = await store.describe(account, [missing, ...emails], want, fields);
      const whole = await store.describe(account, emails, want);
      expect(described[0]).to.equal(undefined);
      for (const [i, [, expected]] of cases.entries()) {
        const found = described[i + 1];
        expect(Buffer.from(found?.header ?? []).toString('latin1')).to.equal(expected);
        expect(found).to.deep.equal({ ...whole[i], header: found?.header });
      }
      const rest = await store.describe(account, emails, ['header'], {
        mode: 'without',
        names: ['x-long', 'To'],
      });
      expect(Buffer.from(rest[5]?.header ?? []).toString()).to.equal('\r\n');
      expect(Buffer.from(rest[0]?.header ?? []).toString()).to.equal(
        'Subject: a\r\nFrom: b\r\n\r\n',
      );
    });

    it('takes thousands of emails in one call', async () => {
      const octets = Array.from({ length: 600 }, () => letter());
      await appendAll(store, account, inboxId, octets);
      const { view } = await store.open(account, inboxId);
      const emails = octets.map((_, i) => view.emailAt(i));
      const headers = await store.describe(account, [...emails, ...emails], ['header']);
      expect(headers).to.have.length(1200);
      headers.forEach((each, i) => {
        expect(Buffer.from(each?.header ?? [])).to.deep.equal(octets[i % 600]);
      });
      const contents = await store.contents(account, emails);
      expect(contents.map((each) => each?.sizeBytes)).to.deep.equal(
        octets.map(({ length }) => length),
      );
    });

    it("never shows an account another's content", async () => {
      const other = (await newAccount(store)).id;
      const content = await receive(store, letter('secret'));
      await store.accept(content, [delivery(other)]);
      await content.release();
      const { view } = await store.open(other, inboxId);
      const email = view.emailAt(0);
      expect(await store.content(account, email)).to.equal(undefined);
      expect(await store.describe(account, [email], ['header'])).to.deep.equal([undefined]);
      expect(await store.contents(account, [email])).to.deep.equal([undefined]);
    });
  });
}
