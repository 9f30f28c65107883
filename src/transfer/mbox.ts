import { type FileHandle, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFileName } from './folder-name.ts';
import { fromLineBytes, parseFromLine } from './from-line.ts';
import { FromLines } from './from-lines.ts';
import { openLetterFile } from './letter-file.ts';
import type { LetterSource, SourceItem, SourceMailbox } from './letter-source.ts';
import { ToCrlf } from './line-breaks.ts';
import { readMboxHeader } from './mbox-status.ts';

const bufferBytes = 256 * 1024;
/** A header that is longer is not looked into for flags. */
const headerBytes = 128 * 1024;
const pieceBytes = 64 * 1024;
const maxDepth = 40;
const LF = 0x0a;

/**
 * An mbox file, or a tree of them whose files are mailboxes (`Name`, `Name.mbox`; `Name.sbd/` and `Name/` hold those
 * below). A letter is known by its octets, and by which of equal ones it is: the file may be compacted.
 */
export class MboxSource implements LetterSource {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async measure(): Promise<{ unit: 'octets'; total: number }> {
    let total = 0;
    for (const { path } of await filesUnder(this.#root)) total += (await lstat(path)).size;
    return { unit: 'octets', total };
  }

  async *mailboxes(): AsyncGenerator<SourceMailbox, void, void> {
    for (const { path, levels } of await filesUnder(this.#root)) {
      yield { levels, specialUse: undefined, letters: () => letters(path) };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function* letters(path: string): AsyncGenerator<SourceItem, void, void> {
  const file = await openLetterFile(path);
  try {
    const reader = new MboxReader(file);
    const occurrences = new Map<number, number>();
    for (;;) {
      const start = reader.offset;
      const found = await reader.next();
      if (found === undefined) return;
      if (found.deleted) {
        await reader.skip();
        yield { kind: 'deleted', count: 1, weight: reader.offset - start };
        continue;
      }
      yield {
        kind: 'letter',
        name: `${path} at octet ${start}`,
        flags: found.flags,
        internalDate: found.at,
        weight: 0,
        identify: (sha256) => {
          const key = Number.parseInt(sha256.slice(0, 13), 16);
          const nth = (occurrences.get(key) ?? 0) + 1;
          occurrences.set(key, nth);
          return `${sha256}\0${nth}`;
        },
        read: () => reader.read(),
      };
      await reader.skip();
      yield { kind: 'known', count: 0, weight: reader.offset - start };
    }
  } finally {
    await file.close();
  }
}

interface Found {
  readonly at: number | undefined;
  readonly flags: ReturnType<typeof readMboxHeader>['flags'];
  readonly deleted: boolean;
}

/** Letters of one file, in order, in memory that depends on neither. */
export class MboxReader {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #start = 0;
  #end = 0;
  #fileAt = 0;
  #eof = false;
  /** The separator of the next letter, read already. */
  #nextAt: { readonly at: number | undefined } | undefined;
  #first = true;
  #body: AsyncGenerator<Buffer, void, void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** How far it is in the file. */
  get offset(): number {
    return this.#fileAt - (this.#end - this.#start);
  }

  /** The next letter, whose octets `read` gives then; undefined at the end. */
  async next(): Promise<Found | undefined> {
    await this.skip();
    if (this.#first) await this.#findFirst();
    const separator = this.#nextAt;
    if (separator === undefined) return undefined;
    this.#nextAt = undefined;
    const lines: Buffer[] = [];
    let length = 0;
    let ended = false;
    let atStart = true;
    while (length < headerBytes) {
      const line = await this.#line();
      if (line === undefined) break;
      const whole = line[line.length - 1] === LF;
      if (atStart && this.#separates(line)) {
        ended = true;
        break;
      }
      lines.push(Buffer.from(line));
      length += line.length;
      if (atStart && isBlank(line)) break;
      atStart = whole;
    }
    const header = readMboxHeader(Buffer.concat(lines));
    const end = ended ? undefined : await this.#trustedEnd(header.contentLength);
    this.#body = this.#pieces(header.octets, ended, end);
    return { at: separator.at, flags: header.flags, deleted: header.deleted };
  }

  /** The octets of the letter, unquoted, with CRLF. */
  async *read(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const step = await this.#body?.next();
      if (step === undefined || step.done === true) return;
      yield step.value;
    }
  }

  /** Passes over what was not read of the letter. */
  async skip(): Promise<void> {
    while ((await this.#body?.next())?.done === false);
    this.#body = undefined;
  }

  async *#pieces(
    header: Buffer,
    ended: boolean,
    end: number | undefined,
  ): AsyncGenerator<Buffer, void, void> {
    const unquote = new FromLines('remove');
    const toCrlf = new ToCrlf();
    yield toCrlf.write(unquote.write(header));
    if (!ended) {
      for await (const raw of end === undefined ? this.#scanned() : this.#counted(end)) {
        yield toCrlf.write(unquote.write(raw));
      }
    }
    yield toCrlf.write(unquote.end());
  }

  /** Up to an empty line and a separator; the empty line belongs to neither. */
  async *#scanned(): AsyncGenerator<Buffer, void, void> {
    const out = Buffer.allocUnsafe(pieceBytes + bufferBytes);
    let filled = 0;
    let blank: Buffer | undefined;
    let afterBlank = true;
    let atStart = true;
    for (;;) {
      const line = await this.#line();
      if (line === undefined) break;
      if (atStart && afterBlank && this.#separates(line)) break;
      if (blank !== undefined) filled += blank.copy(out, filled);
      blank = undefined;
      if (atStart && isBlank(line)) blank = Buffer.from(line);
      else filled += line.copy(out, filled);
      afterBlank = blank !== undefined;
      atStart = line[line.length - 1] === LF;
      if (filled >= pieceBytes) {
        yield out.subarray(0, filled);
        filled = 0;
      }
    }
    if (filled > 0) yield out.subarray(0, filled);
  }

  async *#counted(end: number): AsyncGenerator<Buffer, void, void> {
    while (this.offset < end) {
      if (this.#start === this.#end && !(await this.#fill())) return;
      const length = Math.min(end - this.offset, this.#end - this.#start);
      const piece = this.#buffer.subarray(this.#start, this.#start + length);
      this.#start += length;
      yield piece;
    }
    for (;;) {
      const line = await this.#line();
      if (line === undefined || this.#separates(line)) return;
    }
  }

  /** Where the body ends by its Content-Length, when a separator or the end of the file is there. */
  async #trustedEnd(length: number | undefined): Promise<number | undefined> {
    if (length === undefined) return undefined;
    const end = this.offset + length;
    const peek = Buffer.alloc(fromLineBytes + 5);
    const { bytesRead } = await this.#file.read(peek, 0, peek.length, Math.max(0, end - 1));
    if (bytesRead === 0) return undefined;
    const text = peek.toString('latin1', 0, bytesRead);
    const match = /^(?:\n\r?\n?|[^]\r?\n(?:\r?\n)?)(From .*|$)/.exec(text);
    if (match === null) return undefined;
    const atEnd = match[1] === '' && bytesRead < peek.length && match[0].length === bytesRead;
    return atEnd || parseFromLine(match[1] as string) !== undefined ? end : undefined;
  }

  async #findFirst(): Promise<void> {
    this.#first = false;
    for (;;) {
      const line = await this.#line();
      if (line === undefined) return;
      if (isBlank(line)) continue;
      // Only here a separator without a date is believed.
      if (!this.#separates(line) && line.toString('latin1', 0, 5) === 'From ') {
        this.#nextAt = { at: undefined };
      }
      return;
    }
  }

  /** Whether the line is a separator; then it is kept for the next letter. */
  #separates(line: Buffer): boolean {
    if (line[0] !== 0x46 || line.toString('latin1', 0, 5) !== 'From ') return false;
    const at = parseFromLine(line.toString('latin1').trimEnd());
    if (at === undefined) return false;
    this.#nextAt = { at };
    return true;
  }

  /** A line with its break, or the buffer's worth of a longer one; valid until the next. */
  async #line(): Promise<Buffer | undefined> {
    for (;;) {
      const at = this.#buffer.subarray(0, this.#end).indexOf(LF, this.#start);
      if (at >= 0) return this.#take(at + 1);
      if (this.#end - this.#start === bufferBytes) return this.#take(this.#end);
      if (!(await this.#fill())) {
        return this.#start === this.#end ? undefined : this.#take(this.#end);
      }
    }
  }

  #take(end: number): Buffer {
    const line = this.#buffer.subarray(this.#start, end);
    this.#start = end;
    return line;
  }

  /** False at the end of the file. */
  async #fill(): Promise<boolean> {
    if (this.#eof) return false;
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const room = bufferBytes - this.#end;
    const { bytesRead } = await this.#file.read(this.#buffer, this.#end, room, this.#fileAt);
    this.#fileAt += bytesRead;
    this.#end += bytesRead;
    this.#eof = bytesRead === 0;
    return bytesRead > 0;
  }
}

function isBlank(line: Buffer): boolean {
  return line[0] === LF || (line[0] === 0x0d && line[1] === LF);
}

/** A file is INBOX; a tree's files are named by their path. Only what begins like an mbox is one. */
async function filesUnder(
  root: string,
): Promise<{ readonly path: string; readonly levels: readonly string[] }[]> {
  if (!(await lstat(root)).isDirectory()) return [{ path: root, levels: [] }];
  const found: { path: string; levels: readonly string[] }[] = [];
  const visit = async (folder: string, levels: readonly string[]): Promise<void> => {
    const entries: { name: string; isFolder: boolean }[] = [];
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith('.') || !(entry.isFile() || entry.isDirectory())) continue;
      entries.push({ name: entry.name, isFolder: entry.isDirectory() });
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, isFolder } of entries) {
      const path = join(folder, name);
      const inner = [...levels, decodeFileName(name.replace(/\.(?:mbox|mbx|sbd)$/i, ''))];
      if (!isFolder) {
        if (await isMbox(path)) found.push({ path, levels: inner });
      } else if (levels.length < maxDepth) await visit(path, inner);
    }
  };
  await visit(root, []);
  return found;
}

async function isMbox(path: string): Promise<boolean> {
  const file = await openLetterFile(path);
  try {
    const first = Buffer.alloc(5);
    await file.read(first, 0, 5, 0);
    return first.toString('latin1') === 'From ';
  } finally {
    await file.close();
  }
}
