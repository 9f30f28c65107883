import { expect } from 'chai';
import { random } from '../../bench/letters.ts';
import { foldCase } from '../../src/mail/fold.ts';
import type { MailStore } from '../../src/store/api.ts';
import { ImapWire } from '../support/wire-client.ts';
import { type ImapServer, type Letter, startImap } from './support.ts';

/** The store of the tests, which can be told to index. */
type IndexedStore = MailStore & { indexTexts(): Promise<void> };

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20260901);
const letters = 80;
const searches = 300;

const words = (
  'қала Қайрат ЖӘШІК хат құжат Өнер Үміт ұлы Һәм ғылым письмо Отчёт ЁЛКА съезд straße STRASSE ΣΊΣΥΦΟΣ σίσυφος ' +
  'report Annex file İstanbul café cafe\u0301 ﬁne １２３ 会议纪要 東京都 한국어 😀😀 👩‍👩‍👧 a b я і "quoted" back\\slash % _ NULL AND OR'
).split(' ');

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
  const body = Array.from({ length: 1 + Math.floor(next() * 5) }, () => some(8)).join('\r\n');
  const html = next() < 0.25;
  const shown = html ? `<p>${body.replaceAll('-', '<b>-</b>')}</p>` : body;
  const octets = Buffer.from(shown);
  const encodings = {
    base64: octets.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    'quoted-printable': [...octets]
      .map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('')
      .replaceAll(/.{72}/g, '$&=\r\n'),
    '8bit': shown,
  };
  const encoding = pick(Object.keys(encodings)) as keyof typeof encodings;
  const part =
    `Content-Type: text/${html ? 'html' : 'plain'}; charset=utf-8\r\n` +
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
  return { letter: { text }, texts: [subject, body, notes, 'sender@agency.example'] };
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

describe('SEARCH through the index of texts', () => {
  /** What the session's store answers: with the index, or as a plain scan. */
  let scan = false;
  const around = (store: MailStore): MailStore =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'findText' && scan) return () => Promise.resolve(undefined);
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
      mailboxes: { INBOX: made.map(({ letter }) => letter) },
      around,
    });
    client = await ImapWire.login(server.port, 'reader@example.kz', 'secret');
    await client.command('SELECT INBOX');
    const index = server.store as IndexedStore;
    let matches = 0;
    for (let i = 0; i < searches; i++) {
      // The first searches are answered while nothing is indexed, the later ones by the index.
      if (i === searches / 3) await index.indexTexts();
      const { texts } = made[Math.floor(next() * made.length)] as (typeof made)[0];
      const key = (): string => {
        const keys = ['SUBJECT', 'FROM', 'BODY', 'TEXT', 'HEADER SUBJECT', 'HEADER CONTENT-TYPE'];
        const name = keys[Math.floor(next() * keys.length)] as string;
        return `${next() < 0.2 ? 'NOT ' : ''}${name} ${literal(makeNeedle(texts, next))}`;
      };
      const how = next();
      const keys = how < 0.6 ? key() : how < 0.8 ? `OR ${key()} ${key()}` : `${key()} ${key()}`;
      scan = true;
      const want = await found(keys);
      scan = false;
      expect(await found(keys), `${i}: ${keys}`).to.equal(want);
      if (/\d/.test(want)) matches++;
    }
    // It compares something: most needles are in some letter.
    expect(matches).to.be.greaterThan(searches / 2);
    client.wire.destroy();
  });

  it('reads no letter that the index rules out', async () => {
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
      ['SUBJECT crane', ' 3', 1, 0],
      ['BODY "about stork"', ' 2', 0, 1],
      ['NOT SUBJECT crane', ' 1 2 4', 1, 0],
      ['BODY heron SUBJECT egret', '', 0, 0],
    ] as const) {
      described = read = 0;
      expect(await found(keys), keys).to.equal(`* SEARCH${want}`);
      expect({ described, read }, keys).to.deep.equal({ described: headers, read: bodies });
    }
    client.wire.destroy();
  });
});
