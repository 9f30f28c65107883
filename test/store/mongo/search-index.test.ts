import { expect } from 'chai';
import { random } from '../../../bench/letters.ts';
import { type AccountId, type EmailId, flagBits, inboxId } from '../../../src/core/values.ts';
import { foldCase } from '../../../src/mail/fold.ts';
import { headerTexts, partTexts } from '../../../src/mail/search-text.ts';
import type { MailStore, TextPart } from '../../../src/store/api.ts';
import { blockEmails, blockPartitions } from '../../../src/store/mongo/search/gram-block.ts';
import {
  gramKey,
  gramRange,
  type MembersDocument,
  membersKind,
  type PartitionDocument,
  partitionKind,
  singleKind,
  textKey,
} from '../../../src/store/mongo/search/search-documents.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { appendAll, letter, ManualClock, newAccount, octetsOf } from '../support.ts';
import { openMongo, type OpenMongo } from './backend.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20260904);
const day = 86_400_000;
const title = 'mongo: the index of texts';

await onMongo(title, (url) => {
  describe(title, function () {
    this.timeout(60_000);
    const clock = new ManualClock();
    let open: OpenMongo;
    let account: AccountId;
    beforeEach(async () => {
      open = await openMongo(url, clock);
      ({ id: account } = await newAccount(open.store));
    });
    afterEach(() => open.remove());

    const emails = async (store: MailStore = open.store): Promise<EmailId[]> => {
      const box = await store.open(account, inboxId);
      const all = Array.from({ length: box.view.count }, (_, i) => box.view.emailAt(i));
      box.close();
      return all;
    };
    /** For each message of the inbox whether it may hold the text. */
    const mayHold = async (text: string, store: MailStore = open.store): Promise<boolean[]> => {
      const matcher = await store.findText(account, 'body', text);
      return (await emails(store)).map((email) => matcher!(email) !== false);
    };
    const count = async (kind: number): Promise<number> =>
      (await open.db.find('grams', gramRange(account, kind), { projection: { _id: 1 } })).length;
    const add = (texts: readonly string[]): Promise<readonly number[]> =>
      appendAll(
        open.store,
        account,
        inboxId,
        texts.map((text) => letter(text)),
      );
    const rebuild = async (): Promise<void> => {
      const about = { kind: 'projection', projection: 'search index', detail: '' } as const;
      expect(await open.store.upkeep.repair({ ...about, repairable: true, account })).to.equal(
        true,
      );
    };
    /** Letters whose texts differ, more than a block of them. */
    const addBlock = async (): Promise<void> => {
      await add(Array.from({ length: blockEmails + 30 }, (_, i) => `bird ${i} of the sea`));
      await open.store.indexTexts();
    };

    it(`finds what the plain scan finds, in blocks and outside of them (seed ${seed})`, async () => {
      const next = random(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
      const alphabet = Array.from('аәбвқү abn 会议😀ß');
      const some = (most: number): string =>
        Array.from({ length: 1 + Math.floor(next() * most) }, () => pick(alphabet)).join('');
      const write = async (many: number): Promise<void> => {
        const octets = Array.from({ length: many }, () =>
          Buffer.from(`Subject: ${some(12)}\r\nX-Word: ${some(5)}\r\n\r\n${some(40)}\r\n`),
        );
        await appendAll(open.store, account, inboxId, octets);
      };
      const texts = new Map<EmailId, Record<TextPart, readonly string[]>>();
      const read = async (): Promise<void> => {
        const all = await emails();
        const contents = await open.store.contents(account, all);
        for (const [i, email] of all.entries()) {
          const { parts, bytes } = contents[i]!;
          const body: string[] = [];
          const from = (at: number, length: number): Promise<Uint8Array> =>
            Promise.resolve(bytes!.subarray(at, at + length));
          for await (const piece of partTexts(parts, from)) body.push(foldCase(piece));
          const header = headerTexts(bytes!.subarray(0, parts.bodyStart)).map(foldCase);
          texts.set(email, { header, body });
        }
      };
      let told = 0;
      const compare = async (searches: number): Promise<void> => {
        const all = await emails();
        for (let i = 0; i < searches; i++) {
          const part = pick(['header', 'body'] as const);
          const needle = foldCase(next() < 0.5 ? some(4) : some(8));
          const matcher = await open.store.findText(account, part, needle);
          const verdicts = await open.store.compareTexts(account, all, {
            part,
            field: undefined,
            needle,
          });
          const wrong = all.filter((email, at) => {
            const want = texts.get(email)![part].some((text) => text.includes(needle));
            if (matcher?.(email) === false) told++;
            if (matcher?.(email) === false && want) return true;
            return verdicts[at] !== undefined && verdicts[at] !== want;
          });
          expect(wrong, `${part} ${JSON.stringify(needle)}`).to.deep.equal([]);
        }
      };
      await write(40);
      await read();
      await compare(5);
      expect(told).to.equal(0);
      await open.store.indexTexts();
      await compare(20);
      await write(2 * blockEmails);
      await open.store.indexTexts();
      await write(20);
      await read();
      expect(await count(membersKind)).to.equal(2);
      await compare(60);
      expect(told).to.be.greaterThan(10_000);
      // Everything that is indexed is known.
      await open.store.indexTexts();
      const lookup = { part: 'body', field: undefined, needle: 'ab' } as const;
      const verdicts = await open.store.compareTexts(account, await emails(), lookup);
      expect(verdicts).to.not.include(undefined);
    });

    it('has letters in a block that were single before, and leaves later ones single', async () => {
      await addBlock();
      expect(await count(membersKind)).to.equal(1);
      expect(await count(partitionKind('body', blockPartitions - 1))).to.equal(1);
      // Numbers begin with 1: the first block has 255 letters.
      expect(await count(singleKind)).to.equal(31);
      for (const number of [7, 255, 270]) {
        const may = await mayHold(`bird ${number} of`);
        expect(may.flatMap((each, i) => (each ? [i] : []))).to.deep.equal([number]);
      }
    });

    it('is made by the first search that misses it, when a process died before it was', async () => {
      await add(['heron', 'stork']);
      const other = await open.another();
      expect(await mayHold('stork', other)).to.deep.equal([true, true]);
      await other.indexTexts();
      expect(await mayHold('stork', other)).to.deep.equal([false, true]);
      await other.close();
    });

    it('is the same when two processes make it at once', async () => {
      await add(Array.from({ length: blockEmails + 30 }, (_, i) => `bird ${i} of the sea`));
      const other = await open.another();
      // The other one is told of nothing: it finds out.
      await mayHold('anything', other);
      await Promise.all([open.store.indexTexts(), other.indexTexts()]);
      const [block] = await open.db.find<MembersDocument>('grams', gramRange(account, membersKind));
      const partitions = await open.db.find<PartitionDocument>(
        'grams',
        gramRange(account, partitionKind('body', 3)),
      );
      expect(partitions.map(({ _id }) => _id.g)).to.deep.equal([block!.making]);
      expect((await mayHold('bird 100 of')).filter(Boolean)).to.have.length(1);
      await other.close();
    });

    it('leaves a block to whoever was first, and reads no parts but its own', async () => {
      const a = account;
      const bits = Buffer.alloc(blockEmails / 8);
      const first = { making: 'first', members: bits, header: bits, body: bits };
      await open.db.insert('grams', [{ _id: gramKey(a, membersKind, 0), a, ...first }]);
      await addBlock();
      // Emails that are not in it stay single.
      expect([await count(singleKind), await count(partitionKind('body', 0))]).to.deep.equal([
        blockEmails + 30,
        0,
      ]);
      await rebuild();
      // In whatever order the server gives them, one comes after the right one.
      const strange = ['a', 'zzzz-zzzzzzzzzzzzzzzzzzzz'].flatMap((g) =>
        Array.from({ length: blockPartitions }, (_, partition) => ({
          _id: gramKey(a, partitionKind('body', partition), 0, g),
          a,
          d: Buffer.alloc(0),
        })),
      );
      await open.db.insert('grams', strange);
      expect((await mayHold('bird 100 of')).filter(Boolean)).to.have.length(1);
    });

    it('finds a letter that came late into a block', async () => {
      await addBlock();
      const [block] = await open.db.find<MembersDocument>('grams', gramRange(account, membersKind));
      const late = 9;
      const without = (bitmap: Buffer): Buffer => {
        const changed = Buffer.from(bitmap);
        changed[late >> 3]! &= ~(1 << (late & 7));
        return changed;
      };
      const { _id, a, members, header, body } = block!;
      await open.db.update(
        'grams',
        { _id, a },
        {
          $set: {
            members: without(members),
            header: without(header),
            body: without(body),
          },
        },
      );
      // Email 9 is the ninth letter.
      expect((await mayHold('bird 100 of'))[late - 1]).to.equal(true);
    });

    it('tells what is missing or damaged, finds all the same, and is made anew', async () => {
      await addBlock();
      const found = async (): Promise<string[]> => {
        const details: string[] = [];
        for await (const { findings } of open.store.upkeep.checkAccount(account)) {
          details.push(...findings.map(({ detail }) => detail));
        }
        return details;
      };
      expect(await found()).to.deep.equal([]);
      const a = account;
      await open.db.remove('texts', { _id: textKey(a, 270), a });
      await open.db.remove('texts', { _id: textKey(a, 3), a });
      expect(await found()).to.deep.equal(['2 messages are not in it']);
      const range = gramRange(a, partitionKind('body', 0), 0, 0);
      for (const change of [{ d: Buffer.of(0, 40, 1) }, undefined]) {
        await rebuild();
        expect(await found()).to.deep.equal([]);
        for (let partition = 0; partition < blockPartitions; partition++) {
          const damaged = gramRange(a, partitionKind('body', partition), 0, 0);
          if (change === undefined) await open.db.remove('grams', damaged);
          else await open.db.update('grams', damaged, { $set: change });
        }
        expect(await found()).to.deep.equal(['1 blocks are damaged']);
        const may = await mayHold('bird 100 of');
        expect(may.slice(0, 255)).to.not.include(false);
        expect(may.slice(255)).to.not.include(true);
      }
      expect(await open.db.find('grams', range)).to.deep.equal([]);
      await rebuild();
      expect((await mayHold('bird 100 of')).filter(Boolean)).to.have.length(1);
    });

    it('forgets letters that are gone, other versions and unfinished blocks, when the collector comes', async () => {
      await addBlock();
      const a = account;
      const old = { ...gramKey(a, singleKind, 1), v: 0 };
      const unfinished = gramKey(a, partitionKind('header', 0), 0, clock.now().toString(36));
      await open.db.insert('grams', [
        { _id: old, a },
        { _id: unfinished, a, d: Buffer.alloc(0) },
      ]);
      await open.db.insert('texts', [{ _id: { ...textKey(a, 1), v: 0 }, a, w: 0 }]);
      const flags = { system: flagBits['\\Deleted'], keywords: [] };
      await open.store.storeFlags(a, inboxId, [41, 286], { mode: 'add', flags });
      await open.store.expunge(a, inboxId);
      clock.advance(31 * day);
      await open.collect(clock.now());
      // Most of the block is gone, so that it is none any more.
      expect(await count(membersKind)).to.equal(0);
      expect(await open.db.find('grams', { a, _id: { $lt: gramKey(a, 0, 0) } })).to.deep.equal([]);
      expect(await open.db.find('grams', { a, _id: unfinished })).to.deep.equal([]);
      expect(await open.db.find('texts', { a })).to.have.length(40);
      expect((await mayHold('bird 17 of')).every(Boolean)).to.equal(true);
      await open.store.indexTexts();
      expect((await mayHold('bird 17 of')).filter(Boolean)).to.have.length(1);
      expect(await emails()).to.have.length(40);
    });

    it('looks at a letter with more text or more grams than it takes', async () => {
      const next = random(1);
      const many = Array.from({ length: 1_100_000 }, () =>
        String.fromCharCode(0x4e00 + Math.floor(next() * 20_000)),
      ).join('');
      const long = `${'lorem ipsum dolor '.repeat(100_000)}kingfisher`;
      const plain = (text: string): Buffer =>
        Buffer.from(`Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}`);
      const all = [plain(long), plain(many), plain('a b '.repeat(2_200_000)), plain('short')];
      await appendAll(open.store, account, inboxId, all);
      await open.store.indexTexts();
      expect(await mayHold('kingfisher')).to.deep.equal([true, true, true, false]);
      expect(await mayHold('goldfinch')).to.deep.equal([false, true, true, false]);
      const lookup = { part: 'body', field: undefined, needle: 'dolor' } as const;
      const verdicts = await open.store.compareTexts(account, await emails(), lookup);
      expect(verdicts).to.deep.equal([undefined, undefined, undefined, false]);
      const [first] = await emails();
      expect(await octetsOf(open.store, account, first!)).to.have.length(all[0]!.length);
    });
  });
});
