import type { Columns } from '../mailbox-view.ts';
import type { Entry, RowOp } from './entry.ts';
import { isRowOp } from './entry.ts';
import {
  type GoneRow,
  packGone,
  packRows,
  type PageDocument,
  pageOf,
  type PageRow,
  summaryOf,
  unpackGone,
  unpackRows,
} from './page.ts';

/** A page in memory. */
export class Page {
  readonly p: number;
  /** 0: there is no document yet. */
  readonly v: number;
  /** The last change that it holds. */
  s: number;
  rows: PageRow[];
  gone: GoneRow[];
  changed = false;

  constructor(p: number, document?: PageDocument) {
    this.p = p;
    this.v = document?.v ?? 0;
    this.s = document?.s ?? 0;
    this.rows = document === undefined ? [] : unpackRows(document.r);
    this.gone = document === undefined ? [] : unpackGone(document.x);
  }

  document(a: number, m: number): PageDocument {
    const { rows, gone } = this;
    return {
      _id: { a, m, p: this.p },
      a,
      v: this.v + 1,
      s: this.s,
      r: packRows(rows),
      x: packGone(gone),
      ...summaryOf(gone),
    };
  }
}

/**
 * Pages of one mailbox with entries applied to them. A page that holds a change already is left as it is, so the same
 * entries may come again and from several who do it at once.
 */
export class PageSet {
  readonly #m: number;
  readonly #pages = new Map<number, Page>();

  constructor(m: number, documents: readonly PageDocument[]) {
    this.#m = m;
    for (const document of documents) {
      this.#pages.set(document._id.p, new Page(document._id.p, document));
    }
  }

  /** In order of UID. */
  get pages(): Page[] {
    return [...this.#pages.values()].sort((x, y) => x.p - y.p);
  }

  apply({ s, at, ops }: Entry): void {
    const touched = new Set<Page>();
    for (const op of ops) {
      if (isRowOp(op) && op.m === this.#m) this.#apply(op, s, at, touched);
    }
    for (const page of touched) {
      page.s = s;
      page.changed = true;
    }
  }

  /** All rows, as a view holds them. */
  columns(): Columns {
    const { pages } = this;
    const count = pages.reduce((sum, { rows }) => sum + rows.length, 0);
    const columns = {
      uid: new Uint32Array(count),
      modSeq: new Float64Array(count),
      flags: new Uint32Array(count),
      size: new Uint32Array(count),
      internalDate: new Uint32Array(count),
      email: new Uint32Array(count),
    };
    let moreFlags: Uint32Array | undefined;
    let i = 0;
    for (const { rows } of pages) {
      for (const row of rows) {
        columns.uid[i] = row.uid;
        columns.modSeq[i] = row.modSeq;
        columns.flags[i] = row.f;
        if (row.f2 !== 0) (moreFlags ??= new Uint32Array(count))[i] = row.f2;
        columns.size[i] = row.size;
        columns.internalDate[i] = row.idate;
        columns.email[i] = row.e;
        i++;
      }
    }
    return { ...columns, moreFlags };
  }

  #apply(op: RowOp, s: number, at: number, touched: Set<Page>): void {
    switch (op.k) {
      case 'added':
      case 'restored':
        for (const row of op.rows) {
          const page = this.#page(pageOf(row.uid), s, touched);
          if (page !== undefined) insert(page.rows, row);
        }
        return;
      case 'buried':
        for (const row of op.gone) {
          const page = this.#page(pageOf(row.uid), s, touched);
          if (page !== undefined) bury(page.gone, row);
        }
        return;
      case 'flagged':
        for (let i = 0; i < op.runs.length; i += 4) {
          const [first, last, f, f2] = op.runs.slice(i, i + 4) as [number, number, number, number];
          this.#each(first, last, s, touched, (page) => {
            for (const row of page.rows) {
              if (row.uid < first || row.uid > last) continue;
              row.f = f;
              row.f2 = f2;
              row.modSeq = s;
            }
          });
        }
        return;
      case 'expunged':
        this.#eachRange(op.ranges, s, touched, (page, first, last) => {
          page.rows = page.rows.filter((row) => {
            if (row.uid < first || row.uid > last) return true;
            insert(page.gone, goneFrom(row, s, at, op.lives));
            return false;
          });
        });
        return;
      case 'revived':
        this.#eachRange(op.ranges, s, touched, (page, first, last) => {
          for (const row of page.gone) {
            if (row.uid >= first && row.uid <= last) row.lives = true;
          }
        });
        return;
      case 'dropped':
        this.#eachRange(op.ranges, s, touched, (page, first, last) => {
          page.rows = page.rows.filter(({ uid }) => uid < first || uid > last);
        });
        return;
    }
  }

  #eachRange(
    ranges: readonly number[],
    s: number,
    touched: Set<Page>,
    change: (page: Page, first: number, last: number) => void,
  ): void {
    for (let i = 0; i < ranges.length; i += 2) {
      const [first, last] = [ranges[i] as number, ranges[i + 1] as number];
      this.#each(first, last, s, touched, (page) => {
        change(page, first, last);
      });
    }
  }

  /** The pages of a range that are behind this change. */
  #each(
    first: number,
    last: number,
    s: number,
    touched: Set<Page>,
    change: (page: Page) => void,
  ): void {
    const [low, high] = [pageOf(first), pageOf(last)];
    // A range may be much wider than what is there.
    const numbers =
      high - low < this.#pages.size
        ? Array.from({ length: high - low + 1 }, (_, i) => low + i)
        : [...this.#pages.keys()].filter((p) => p >= low && p <= high);
    for (const p of numbers) {
      const page = this.#pages.get(p);
      if (page === undefined || !(page.s < s || touched.has(page))) continue;
      touched.add(page);
      change(page);
    }
  }

  #page(p: number, s: number, touched: Set<Page>): Page | undefined {
    let page = this.#pages.get(p);
    if (page === undefined) this.#pages.set(p, (page = new Page(p)));
    if (!(page.s < s || touched.has(page))) return undefined;
    touched.add(page);
    return page;
  }
}

function goneFrom(row: PageRow, x: number, at: number, lives: boolean): GoneRow {
  const { uid, e, size, f, f2, idate } = row;
  return { uid, x, at, e, size, f, f2, idate, lives };
}

/** A tombstone that tells more takes the place of one that only says so. */
function bury(gone: GoneRow[], row: GoneRow): void {
  const at = gone.findIndex(({ uid }) => uid === row.uid);
  if (at < 0) insert(gone, row);
  else if (gone[at]?.e === 0) gone[at] = { ...row };
}

/** Keeps the order of UIDs; nearly always at the end. */
function insert<T extends { readonly uid: number }>(rows: T[], row: T): void {
  let i = rows.length;
  while (i > 0 && (rows[i - 1] as T).uid > row.uid) i--;
  if (i > 0 && (rows[i - 1] as T).uid === row.uid) return;
  rows.splice(i, 0, { ...row });
}
