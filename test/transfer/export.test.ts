import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { AccountId, MailboxName } from '../../src/core/values.ts';
import { keywordNames } from '../../src/store/mailbox-view.ts';
import {
  decodeFileName,
  decodeUtf7Name,
  encodeFileName,
  encodeUtf7Name,
} from '../../src/transfer/folder-name.ts';
import { FromLines } from '../../src/transfer/from-lines.ts';
import { ToCrlf, ToLf } from '../../src/transfer/line-breaks.ts';
import { type Office, openOffice, run } from '../admin/support.ts';
import { octetsOf, withContent } from '../store/support.ts';

describe('export and import again', () => {
  let office: Office;
  let folder: string;
  before(async () => {
    office = await openOffice();
    folder = mkdtempSync(join(tmpdir(), 'zhashik-export-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await office.close();
  });

  const create = async (address: string): Promise<AccountId> => {
    const more = { password: 'correct horse', allowReserved: false, apply: true, quotaBytes: 0 };
    const { result } = await run(office.admin, 'account.create', { address, ...more });
    return result.account!.id as AccountId;
  };
  const put = async (
    account: AccountId,
    name: string,
    text: string,
    n: number,
    keywords: string[],
  ) => {
    const { store } = office;
    const box =
      (await store.findMailbox(account, name as MailboxName)) ??
      (await store.createMailbox(account, name as MailboxName));
    await withContent(store, Buffer.from(text), (content) =>
      store.append(account, box.id, [
        { content, flags: { system: n & 31, keywords }, internalDate: (1_600_000_000 + n) * 1000 },
      ]),
    );
  };
  const state = async (account: AccountId): Promise<Record<string, unknown[]>> => {
    const all: Record<string, unknown[]> = {};
    for (const { id, name, messages } of await office.store.mailboxes(account)) {
      if (messages === 0) continue;
      const open = await office.store.open(account, id);
      const { view } = open;
      const letters = (all[name] = [] as unknown[]);
      for (let i = 0; i < view.count; i++) {
        letters.push([
          (await octetsOf(office.store, account, view.emailAt(i))).toString('latin1'),
          view.flagsAt(i) & 31,
          keywordNames(view.keywords, view.flagsAt(i), view.moreFlagsAt(i)).sort(),
          view.internalDateAt(i),
        ]);
      }
      open.close();
    }
    return all;
  };

  for (const kind of ['maildir', 'mbox', 'eml'] as const) {
    it(`${kind}: octets, flags, keywords, dates and names come back`, async () => {
      const from = `from-${kind}@example.kz`;
      const account = await create(from);
      const odd =
        'Subject: odd\r\nStatus: own\r\n\r\nFrom a\r\n>From b\r\n\r\nFrom x Thu Jan  1 00:00:10 2015\r\n\r\n';
      for (let n = 0; n < 32; n++) {
        const keywords = n % 3 === 0 ? ['$Forwarded', `k${n % 5}`] : [];
        await put(
          account,
          n % 2 ? 'INBOX' : 'Жұмыс/a.b & c?',
          `Subject: ${n}\r\n\r\nb ${n}\r\n`,
          n,
          keywords,
        );
      }
      await put(account, 'work', odd, 40, []);
      await put(account, 'Work', odd, 41, []);
      await put(account, 'Work', `Subject: large\r\n\r\n${'x y z\r\n'.repeat(30_000)}`, 42, []);
      const path = join(folder, kind);
      const exported = await run(office.admin, 'letters.export', {
        address: from,
        to: `${kind}:${path}`,
      });
      expect(exported.result).to.deep.include({ exported: 35, lostKeywords: 0 });
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
      const lower = names.map((name) => name.toLowerCase());
      expect(new Set(lower).size, 'names that only case tells apart').to.equal(names.length);
      if (kind !== 'mbox') {
        const again = await run(office.admin, 'letters.export', {
          address: from,
          to: `${kind}:${path}`,
        });
        expect(again.result).to.deep.include({ exported: 0, unchanged: 35 });
      }
      const to = `to-${kind}@example.kz`;
      const second = await create(to);
      const input = { address: to, from: `${kind}:${path}`, tls: 'verify' as const, apply: true };
      expect((await run(office.admin, 'letters.import', input)).result.imported).to.equal(35);
      const [was, is] = [await state(account), await state(second)];
      // Of two names that only case tells apart one carries a mark.
      const unmarked = Object.fromEntries(
        Object.entries(is).map(([name, letters]) => [name.replace(/~[0-9a-f]{8}$/, ''), letters]),
      );
      expect(unmarked).to.deep.equal(was);
      expect((await run(office.admin, 'letters.import', input)).result.imported).to.equal(0);
    });
  }

  it('renames a letter whose flags have changed, and leaves no unfinished file', async () => {
    const address = 'flags@example.kz';
    const account = await create(address);
    await put(account, 'INBOX', 'Subject: a\r\n\r\nx\r\n', 0, []);
    const path = join(folder, 'renamed');
    const go = () => run(office.admin, 'letters.export', { address, to: `maildir:${path}` });
    await go();
    const flags = { system: 8, keywords: ['new'] };
    await office.store.storeFlags(account, 1 as never, [1, 1], { mode: 'add', flags });
    expect((await go()).result).to.deep.include({ exported: 0, renamed: 1 });
    const [name = ''] = readdirSync(join(path, 'cur'));
    expect(name).to.match(/:2,Sa$/);
    expect(statSync(join(path, 'cur', name)).mtimeMs).to.equal(1_600_000_000_000);
    expect(readdirSync(join(path, 'tmp'))).to.deep.equal([]);
  });
});

describe('transfer: what goes there and back', () => {
  const through = (parts: Buffer[], transform: { write(chunk: Buffer): Buffer; end?(): Buffer }) =>
    Buffer.concat([
      ...parts.map((part) => transform.write(part)),
      transform.end?.() ?? Buffer.alloc(0),
    ]);
  const cutUp = (text: string, size: number): Buffer[] => {
    const octets = Buffer.from(text);
    const parts: Buffer[] = [];
    for (let i = 0; i < octets.length; i += size) parts.push(octets.subarray(i, i + size));
    return parts;
  };
  const lines = fc
    .array(fc.constantFrom('>', '>>', 'From ', 'Fro', 'F', '\n', '\r\n', '\r', 'x', ' '), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''));

  it('mboxrd quoting, cut anywhere (seed 1)', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 9 }), (text, size) => {
        const quoted = through(cutUp(text, size), new FromLines('add')).toString();
        expect(quoted).to.equal(text.replace(/(?<=^|\n)(>*From )/g, '>$1'));
        expect(through(cutUp(quoted, size), new FromLines('remove')).toString()).to.equal(text);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('line breaks, cut anywhere (seed 1)', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 9 }), (text, size) => {
        const crlf = through(cutUp(text, size), new ToCrlf()).toString();
        expect(crlf).to.equal(text.replace(/(?<!\r)\n/g, '\r\n'));
        expect(through(cutUp(crlf, size), new ToCrlf()).toString()).to.equal(crlf);
        expect(through(cutUp(crlf, size), new ToLf()).toString()).to.equal(
          crlf.replaceAll('\r\n', '\n'),
        );
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('names of levels as names of files (seed 1)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), (name) => {
        expect(decodeUtf7Name(encodeUtf7Name(name))).to.equal(name);
        expect(encodeUtf7Name(name)).to.not.match(/[./\\:*?"<>|]/);
        expect(decodeFileName(encodeFileName(name))).to.equal(name);
        expect(encodeFileName(name)).to.not.match(/[/\\:*?"<>|]|^\.|\.$|^ | $/);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
