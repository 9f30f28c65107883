import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import iconv from 'iconv-lite';
import { random } from '../../bench/letters.ts';
import { foldCase } from '../../src/mail/fold.ts';
import type { MailStore } from '../../src/store/api.ts';
import { ImapWire } from '../support/wire-client.ts';
import { type ImapServer, type Letter, startImap } from './support.ts';

/** The store of the tests, which can be told to index. */
type IndexedStore = MailStore & { indexTexts(): Promise<void> };

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20260901);
const letters = 60;
const searches = 150;
/** Searches after which what has come is indexed; the letters after it are not, until the next. */
const stages = [50, 100];

const words = (
  'қала Қайрат ЖӘШІК хат құжат Өнер Үміт ұлы Һәм ғылым письмо Отчёт ЁЛКА съезд straße STRASSE ΣΊΣΥΦΟΣ σίσυφος ' +
  'report Annex file İstanbul café cafe\u0301 ﬁne １２３ 会议纪要 東京都 한국어 😀😀 👩‍👩‍👧 a b я і "quoted" back\\slash % _ NULL AND OR ' +
  '\ufffd \u0001\u0001\u0001 \u0001x:'
).split(' ');
/** What each writes of other words stands for nothing; half a surrogate pair, which UTF-7 can write, is added to some. */
const charsets = ['utf-8', 'utf-8', 'windows-1251', 'koi8-r', 'gb18030', 'utf-7', 'utf-16le'];
const pieceChars = 64 * 1024;

/** A letter of random words in a random charset and encoding, and the words it was made of. */
function makeLetter(next: () => number): {
  readonly letter: Letter;
  readonly texts: readonly string[];
} {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const some = (most: number): string =>
    Array.from({ length: 1 + Math.floor(next() * most) }, () => pick(words)).join(
      pick([' ', ' ', '', '\t', '-']),
    );
  const subject = some(6);
  const lines = Array.from({ length: 1 + Math.floor(next() * 5) }, () => some(8)).join('\r\n');
  // Some go over the end of a piece.
  const filler = next() < 0.05 ? 'жж '.repeat(30_000).slice(0, pieceChars - 40) : '';
  const body = filler + lines;
  const html = next() < 0.25;
  const shown = html ? `<p>${body.replaceAll('-', '<b>-</b>')}</p>` : body;
  const charset = pick(charsets);
  const half = charset === 'utf-7' && next() < 0.5 ? Buffer.from('ab+2D0-cd') : Buffer.alloc(0);
  const octets = Buffer.concat([iconv.encode(shown, charset), half]);
  const encodings = {
    base64: octets.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    'quoted-printable': [...octets]
      .map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('')
      .replaceAll(/.{72}/g, '$&=\r\n'),
    ...(charset === 'utf-8' ? { '8bit': shown } : {}),
  };
  const encoding = pick(Object.keys(encodings)) as 'base64';
  const part =
    `Content-Type: text/${html ? 'html' : 'plain'}; charset=${charset}\r\n` +
    `Content-Transfer-Encoding: ${encoding}\r\n\r\n${encodings[encoding]}\r\n`;
  const multipart = next() < 0.3;
  const notes = some(5);
  const content = multipart
    ? `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}--b\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Description: ${encodedWords(pick(words), next)}\r\n\r\n` +
      `${notes}\r\n--b--\r\n`
    : part;
  const text =
    `From: ${encodedWords(pick(words), next)} <sender@agency.example>\r\n` +
    `Subject: ${encodedWords(subject, next)}\r\nMIME-Version: 1.0\r\n${content}`;
  return { letter: { text }, texts: [subject, lines, notes, 'sender@agency.example'] };
}

/** Encoded words that end in the middle of words, even of letters. */
function encodedWords(text: string, next: () => number): string {
  const octets = Buffer.from(text);
  const cut = Math.floor(next() * octets.length);
  return [octets.subarray(0, cut), octets.subarray(cut)]
    .filter(({ length }) => length > 0)
    .map((piece) => `=?utf-8?B?${piece.toString('base64')}?=`)
    .join('\r\n ');
}

/** A part of a text, in another case perhaps. */
function makeNeedle(texts: readonly string[], next: () => number): string {
  const points = Array.from(texts[Math.floor(next() * texts.length)] as string);
  const start = Math.floor(next() * points.length);
  const needle = points.slice(start, start + 1 + Math.floor(next() * 9)).join('');
  const clean = needle.replaceAll(/[\r\n]+/g, ' ');
  const how = next();
  if (how < 0.3) return clean.toUpperCase();
  return how < 0.5 ? foldCase(clean) : clean;
}

/** What a store without kept texts would answer. */
const cannotTell: MailStore['compareTexts'] = (_account, emails) =>
  Promise.resolve(emails.map(() => undefined));

describe('SEARCH through the index of texts', function () {
  this.timeout(60_000);

  /** What the session's store answers: as a plain scan, with the trigrams alone, the kept texts alone, or with both. */
  let mode: 'scan' | 'trigrams' | 'texts' | 'both' = 'both';
  const around = (store: MailStore): MailStore =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'findText' && (mode === 'scan' || mode === 'texts')) {
          return () => Promise.resolve(undefined);
        }
        if (name === 'compareTexts' && (mode === 'scan' || mode === 'trigrams')) return cannotTell;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  let server: ImapServer;
  let client: ImapWire;

  const found = async (keys: string): Promise<string> => {
    const { untagged, status, tagged } = await client.command(`SEARCH CHARSET UTF-8 ${keys}`);
    expect(status, tagged).to.equal('OK');
    return untagged.map(({ text }) => text).join();
  };
  const literal = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`;

  it(`finds what the plain scan finds, at every stage of indexing (seed ${seed})`, async () => {
    const next = random(seed);
    const made = Array.from({ length: letters }, () => makeLetter(next));
    server = await startImap({
      accounts: { 'reader@example.kz': 'secret' },
      mailboxes: { INBOX: made.slice(0, letters / 2).map(({ letter }) => letter) },
      around,
    });
    client = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
    await client.command('SELECT INBOX');
    const index = server.store as IndexedStore;
    let matches = 0;
    for (let i = 0; i < searches; i++) {
      // The first searches are answered while nothing is indexed, the next ones while half of the letters are.
      if (stages.includes(i)) await index.indexTexts();
      if (i === stages[0]) {
        for (const { letter } of made.slice(letters / 2)) {
          await client.command(
            `APPEND INBOX {${Buffer.byteLength(letter.text)}}`,
            Buffer.from(letter.text),
          );
        }
      }
      const { texts } = made[Math.floor(next() * made.length)] as (typeof made)[0];
      const key = (): string => {
        const keys = [
          'SUBJECT',
          'FROM',
          'BODY',
          'TEXT',
          'HEADER SUBJECT',
          'HEADER CONTENT-TYPE',
          'HEADER CONTENT-DESCRIPTION',
        ];
        const name = keys[Math.floor(next() * keys.length)] as string;
        return `${next() < 0.2 ? 'NOT ' : ''}${name} ${literal(makeNeedle(texts, next))}`;
      };
      const how = next();
      const keys = how < 0.6 ? key() : how < 0.8 ? `OR ${key()} ${key()}` : `${key()} ${key()}`;
      mode = 'scan';
      const want = await found(keys);
      for (mode of ['trigrams', 'texts', 'both'] as const) {
        expect(await found(keys), `${i}, ${mode}: ${keys}`).to.equal(want);
      }
      if (/\d/.test(want)) matches++;
    }
    // It compares something: most needles are in some letter.
    expect(matches).to.be.greaterThan(searches / 2);
    client.wire.destroy();
  });

  it('reads no letter that is indexed, and finds one that is not', async () => {
    let described = 0;
    let read = 0;
    const counting = (store: MailStore): MailStore =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            if (name === 'describe') described += (args[1] as unknown[]).length;
            if (name === 'contents') read += (args[1] as unknown[]).length;
            return (value as (...args: unknown[]) => unknown).apply(target, args);
          };
        },
      });
    const letter = (word: string): Letter => ({
      text: `Subject: ${word}\r\n\r\nabout ${word}\r\n`,
    });
    server = await startImap({
      accounts: { 'reader@example.kz': 'secret' },
      mailboxes: { INBOX: ['heron', 'stork', 'crane', 'egret'].map(letter) },
      around: counting,
    });
    await (server.store as IndexedStore).indexTexts();
    client = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
    await client.command('SELECT INBOX');
    for (const [keys, want, headers, bodies] of [
      ['BODY ostrich', '', 0, 0],
      ['TEXT ostrich', '', 0, 0],
      ['SUBJECT crane', ' 3', 0, 0],
      ['BODY about', ' 1 2 3 4', 0, 0],
      ['BODY "about stork"', ' 2', 0, 0],
      ['NOT SUBJECT crane', ' 1 2 4', 0, 0],
      ['BODY heron SUBJECT egret', '', 0, 0],
      ['OR BODY heron SUBJECT egret', ' 1 4', 0, 0],
      ['TEXT he', ' 1', 0, 0],
      ['BODY "t"', ' 1 2 3 4', 0, 0],
      ['HEADER SUBJECT ""', ' 1 2 3 4', 0, 0],
      ['HEADER X-NONE ""', '', 0, 0],
    ] as const) {
      described = read = 0;
      expect(await found(keys), keys).to.equal(`* SEARCH${want}`);
      expect({ described, read }, keys).to.deep.equal({ described: headers, read: bodies });
    }
    const { text } = letter('about cranes');
    await client.command(`APPEND INBOX {${text.length}}`, Buffer.from(text));
    for (const [keys, want, headers, bodies] of [
      ['SUBJECT crane', ' 3 5', 1, 0],
      ['BODY crane', ' 3 5', 0, 1],
      ['BODY "t"', ' 1 2 3 4 5', 0, 1],
      ['NOT BODY about', '', 0, 1],
    ] as const) {
      described = read = 0;
      expect(await found(keys), keys).to.equal(`* SEARCH${want}`);
      expect({ described, read }, keys).to.deep.equal({ described: headers, read: bodies });
    }
    client.wire.destroy();
  });

  describe('in thousands of letters', () => {
    const many = 5000;
    let asked = 0;
    let onQuestion: (() => Promise<void>) | undefined;
    const watched = (store: MailStore): MailStore =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'compareTexts') {
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          }
          return async (...args: Parameters<MailStore['compareTexts']>) => {
            asked++;
            expect(args[1].length).to.be.at.most(1000);
            await onQuestion?.();
            return target.compareTexts(...args);
          };
        },
      });
    beforeEach(async () => {
      asked = 0;
      onQuestion = undefined;
      const letter = (_: unknown, i: number): Letter => ({
        text: `Subject: ${i}\r\n\r\nёж ${i}\r\n`,
      });
      server = await startImap({
        accounts: { 'reader@example.kz': 'secret' },
        mailboxes: { INBOX: Array.from({ length: many }, letter) },
        around: watched,
      });
      await (server.store as IndexedStore).indexTexts();
      client = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
      await client.command('SELECT INBOX');
    });

    it('lets other sessions go on between the slices of a short needle', async () => {
      const other = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
      let answered = 0;
      let last: Promise<unknown> = Promise.resolve();
      // Two questions are on their way at a time.
      onQuestion = async () => {
        last = last.then(() => other.command('NOOP'));
        await last;
        answered++;
      };
      expect(await found(`BODY ${literal('ЁЖ')}`)).to.match(/^\* SEARCH 1 2 .* 5000$/);
      expect(asked).to.equal(5);
      expect(answered).to.equal(5);
      client.wire.destroy();
      other.wire.destroy();
    });

    it('ends when the client is gone', async () => {
      const accepted = (message: unknown): void => {
        ({ socket } = message as { socket: Socket });
      };
      let socket: Socket | undefined;
      subscribe('net.server.socket', accepted);
      const leaving = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
      unsubscribe('net.server.socket', accepted);
      await leaving.command('SELECT INBOX');
      const closed = new Promise((resolve) => socket?.once('close', resolve));
      onQuestion = async () => {
        leaving.wire.reset();
        await closed;
      };
      leaving.wire.write(`s SEARCH CHARSET UTF-8 BODY ${literal('ёж')}\r\n`);
      await closed;
      await server.close();
      // The second question is on its way with the first; none comes after the end.
      expect(asked).to.equal(2);
    });
  });
});
