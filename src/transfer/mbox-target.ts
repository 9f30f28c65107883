import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { flagBits } from '../core/values.ts';
import { encodeFileName, FileNames } from './folder-name.ts';
import { FromLines } from './from-lines.ts';
import type { ExportedLetter, LetterTarget, TargetMailbox } from './letter-target.ts';
import { ToLf } from './line-breaks.ts';

/** A file in mboxrd for each mailbox: `INBOX.mbox`, `Work.mbox`, `Work/Inner.mbox`. Written anew as a whole each time. */
export class MboxTarget implements LetterTarget {
  readonly #root: string;
  readonly #names = new FileNames();

  constructor(root: string) {
    this.#root = root;
  }

  async mailbox(levels: readonly string[]): Promise<TargetMailbox> {
    const whole = levels.length === 0 ? ['INBOX'] : levels;
    const names = whole.map((level, i) =>
      this.#names.name(whole.slice(0, i + 1).join('/'), encodeFileName(level)),
    );
    const path = `${join(this.#root, ...names)}.mbox`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(`${path}.tmp`, { force: true });
    const file = createWriteStream(`${path}.tmp`, { flags: 'wx', mode: 0o600 });
    await once(file, 'open');
    return new MboxFile(path, file);
  }
}

class MboxFile implements TargetMailbox {
  readonly #path: string;
  readonly #file: Writable;
  readonly lostKeywords = 0;

  constructor(path: string, file: Writable) {
    this.#path = path;
    this.#file = file;
  }

  find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async write(letter: ExportedLetter, octets: AsyncIterable<Uint8Array>): Promise<void> {
    const toLf = new ToLf();
    const quote = new FromLines('add');
    await this.#put(Buffer.from(head(letter)));
    let last = 0x0a;
    const put = async (piece: Buffer): Promise<void> => {
      if (piece.length > 0) last = piece[piece.length - 1] as number;
      await this.#put(piece);
    };
    for await (const piece of octets) {
      const out = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      await put(quote.write(toLf.write(out)));
    }
    await put(quote.write(toLf.end()));
    await put(quote.end());
    await this.#put(Buffer.from(last === 0x0a ? '\n' : '\n\n'));
  }

  async close(complete: boolean): Promise<void> {
    this.#file.end();
    await finished(this.#file);
    if (complete) await rename(`${this.#path}.tmp`, this.#path);
    else await rm(`${this.#path}.tmp`, { force: true });
  }

  async #put(piece: Buffer): Promise<void> {
    // A piece may be a view of memory that is used again.
    if (!this.#file.write(Buffer.from(piece))) await once(this.#file, 'drain');
  }
}

/**
 * The separator (RFC 4155: UTC) and what programs keep of a letter. Always all three fields, so that a reader who takes
 * the first of each away leaves the letter's own.
 */
function head({ internalDate, flags }: ExportedLetter): string {
  const [day, date, month, year, time] = new Date(internalDate * 1000).toUTCString().split(' ');
  const number = String(Number(date)).padStart(2);
  const has = (bit: number, letter: string): string => ((flags.system & bit) === 0 ? '' : letter);
  const more =
    has(flagBits['\\Answered'], 'A') +
    has(flagBits['\\Flagged'], 'F') +
    has(flagBits['\\Draft'], 'T') +
    has(flagBits['\\Deleted'], 'D');
  return (
    `From MAILER-DAEMON ${day?.slice(0, 3)} ${month} ${number} ${time} ${year}\n` +
    `Status: ${has(flagBits['\\Seen'], 'R')}O\nX-Status: ${more}\n` +
    `X-Keywords: ${flags.keywords.join(' ')}\n`
  );
}
