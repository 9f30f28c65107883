import { pageUids } from './limits.ts';

/** A live message as a page keeps it. */
export interface PageRow {
  readonly uid: number;
  modSeq: number;
  f: number;
  f2: number;
  readonly size: number;
  /** INTERNALDATE, seconds. */
  readonly idate: number;
  /** When it came into the mailbox, seconds. RFC 8514. */
  readonly sdate: number;
  readonly e: number;
}
/** An expunged message. */
export interface GoneRow {
  readonly uid: number;
  /** MODSEQ of the expunge. */
  readonly x: number;
  /** Its time, seconds. */
  readonly at: number;
  /** 0: not known, as of a restored account. */
  readonly e: number;
  readonly size: number;
  readonly f: number;
  readonly f2: number;
  readonly idate: number;
  /** It went on in another place, by MOVE or undelete. */
  lives: boolean;
}

/** `pages`: up to 256 neighbouring UIDs of a mailbox, which make SELECT read hundreds of messages at a time. */
export interface PageDocument {
  readonly _id: { readonly a: number; readonly m: number; readonly p: number };
  readonly a: number;
  /** Counts writes of this document. */
  readonly v: number;
  /** The last change of the account that was applied to it. */
  readonly s: number;
  readonly r: Buffer;
  readonly x: Buffer;
  /** The newest expunge's MODSEQ and the oldest one's time; not there without tombstones. */
  readonly xs?: number;
  readonly xt?: number;
}

export const pageOf = (uid: number): number => Math.floor(uid / pageUids);

const rowBytes = 36;
const goneBytes = 40;

export function packRows(rows: readonly PageRow[]): Buffer {
  const buffer = Buffer.allocUnsafe(rows.length * rowBytes);
  let at = 0;
  for (const row of rows) {
    buffer.writeUInt32LE(row.uid, at);
    buffer.writeDoubleLE(row.modSeq, at + 4);
    buffer.writeUInt32LE(row.f, at + 12);
    buffer.writeUInt32LE(row.f2, at + 16);
    buffer.writeUInt32LE(row.size, at + 20);
    buffer.writeUInt32LE(row.idate, at + 24);
    buffer.writeUInt32LE(row.sdate, at + 28);
    buffer.writeUInt32LE(row.e, at + 32);
    at += rowBytes;
  }
  return buffer;
}

export function unpackRows(buffer: Buffer): PageRow[] {
  const rows: PageRow[] = [];
  for (let at = 0; at < buffer.length; at += rowBytes) {
    rows.push({
      uid: buffer.readUInt32LE(at),
      modSeq: buffer.readDoubleLE(at + 4),
      f: buffer.readUInt32LE(at + 12),
      f2: buffer.readUInt32LE(at + 16),
      size: buffer.readUInt32LE(at + 20),
      idate: buffer.readUInt32LE(at + 24),
      sdate: buffer.readUInt32LE(at + 28),
      e: buffer.readUInt32LE(at + 32),
    });
  }
  return rows;
}

export function packGone(rows: readonly GoneRow[]): Buffer {
  const buffer = Buffer.allocUnsafe(rows.length * goneBytes);
  let at = 0;
  for (const row of rows) {
    buffer.writeUInt32LE(row.uid, at);
    buffer.writeDoubleLE(row.x, at + 4);
    buffer.writeUInt32LE(row.at, at + 12);
    buffer.writeUInt32LE(row.e, at + 16);
    buffer.writeUInt32LE(row.size, at + 20);
    buffer.writeUInt32LE(row.f, at + 24);
    buffer.writeUInt32LE(row.f2, at + 28);
    buffer.writeUInt32LE(row.idate, at + 32);
    buffer.writeUInt32LE(row.lives ? 1 : 0, at + 36);
    at += goneBytes;
  }
  return buffer;
}

export function unpackGone(buffer: Buffer): GoneRow[] {
  const rows: GoneRow[] = [];
  for (let at = 0; at < buffer.length; at += goneBytes) {
    rows.push({
      uid: buffer.readUInt32LE(at),
      x: buffer.readDoubleLE(at + 4),
      at: buffer.readUInt32LE(at + 12),
      e: buffer.readUInt32LE(at + 16),
      size: buffer.readUInt32LE(at + 20),
      f: buffer.readUInt32LE(at + 24),
      f2: buffer.readUInt32LE(at + 28),
      idate: buffer.readUInt32LE(at + 32),
      lives: buffer.readUInt32LE(at + 36) === 1,
    });
  }
  return rows;
}

/** What leads to a page with tombstones: the newest expunge's MODSEQ and the oldest one's time. */
export function summaryOf(gone: readonly GoneRow[]): Pick<PageDocument, 'xs' | 'xt'> {
  if (gone.length === 0) return {};
  return {
    xs: Math.max(...gone.map(({ x }) => x)),
    xt: Math.min(...gone.map(({ at }) => at)),
  };
}

/** Whether the rows of a page can be read at all. */
export function isWellFormed({ r, x }: PageDocument): boolean {
  return r.length % rowBytes === 0 && x.length % goneBytes === 0;
}

/** Numbers below 2^32, such as ranges of UIDs. */
export function packNumbers(numbers: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafe(numbers.length * 4);
  numbers.forEach((number, i) => buffer.writeUInt32LE(number, i * 4));
  return buffer;
}

export function unpackNumbers(buffer: Buffer): number[] {
  return Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readUInt32LE(i * 4));
}
