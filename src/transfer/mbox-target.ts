import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flagBits } from '../core/values.ts';
import { type Disk, makeFolder, realDisk } from './disk.ts';
import { encodeFileName, FileNames } from './folder-name.ts';
import { FromLines } from './from-lines.ts';
import type { ExportedLetter, LetterTarget, TargetMailbox } from './letter-target.ts';
import { ToLf } from './line-breaks.ts';

/** Octets that are collected before they are written. */
const writtenAtOnceBytes = 256 * 1024;

/** A file in mboxrd for each mailbox: `INBOX.mbox`, `Work.mbox`, `Work/Inner.mbox`. Written anew as a whole each time. */
export class MboxTarget implements LetterTarget {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #names = new FileNames();

  constructor(root: string, disk: Disk = realDisk) {
    this.#root = root;
    this.#disk = disk;
  }

  async mailbox(levels: readonly string[]): Promise<TargetMailbox> {
    const whole = levels.length === 0 ? ['INBOX'] : levels;
    const names = whole.map((level, i) =>
      this.#names.name(whole.slice(0, i + 1).join('/'), encodeFileName(level)),
    );
    const path = `${join(this.#root, ...names)}.mbox`;
    await makeFolder(this.#disk, dirname(path));
    await rm(`${path}.tmp`, { force: true });
    const file = await open(`${path}.tmp`, 'wx', 0o600);
    return new MboxFile(this.#disk, path, file);
  }
}

class MboxFile implements TargetMailbox {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: FileHandle;
  #pieces: Buffer[] = [];
  #bytes = 0;
  readonly lostKeywords = 0;

  constructor(disk: Disk, path: string, file: FileHandle) {
    this.#disk = disk;
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

  /** Nothing is seen before the whole is there. */
  settle(): Promise<void> {
    return Promise.resolve();
  }

  async close(complete: boolean): Promise<void> {
    const unfinished = `${this.#path}.tmp`;
    try {
      if (complete) {
        await this.#flush();
        await this.#disk.syncFile(this.#file);
      }
    } finally {
      await this.#file.close();
    }
    if (!complete) return rm(unfinished, { force: true });
    await this.#disk.rename(unfinished, this.#path);
    await this.#disk.syncFolder(dirname(this.#path));
  }

  async #put(piece: Buffer): Promise<void> {
    // A piece may be a view of memory that is used again.
    this.#pieces.push(Buffer.from(piece));
    this.#bytes += piece.length;
    if (this.#bytes >= writtenAtOnceBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.#file.writeFile(all);
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
