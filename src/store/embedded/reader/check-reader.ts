import type { Connection, Statement } from '../database.ts';
import { collectSlice } from '../limits.ts';

/** The columns of a content that are made from its octets; see `renderingsOf`. */
export interface RenderedColumns {
  readonly size: number;
  readonly file: number;
  readonly digest: Uint8Array;
  readonly renderings: string;
}

/** Questions about a shard file that only checks ask. */
export class CheckReader {
  readonly #size: Statement;
  readonly #content: Statement;
  readonly #unused: Statement;
  readonly #lastContent: Statement;
  readonly #whereIs: Statement;
  readonly #heads: Statement;
  readonly #lostRelays: Statement;

  constructor(db: Connection) {
    this.#size = db.prepare('SELECT size FROM content WHERE c = ?').pluck();
    this.#content = db
      .prepare(
        `SELECT size, file, digest, version, sent, preview, envelope, envelope8, structure, structure8,
           body, body8, ref, header_bytes, parts, threading
         FROM content WHERE c = ?`,
      )
      .raw();
    this.#unused = db
      .prepare(
        `SELECT c FROM (SELECT c FROM content WHERE c > ? ORDER BY c LIMIT ${collectSlice})
         AS some WHERE NOT EXISTS (SELECT 1 FROM link WHERE link.c = some.c)`,
      )
      .pluck();
    this.#lastContent = db
      .prepare(
        `SELECT max(c) FROM (SELECT c FROM content WHERE c > ? ORDER BY c LIMIT ${collectSlice})`,
      )
      .pluck();
    this.#whereIs = db
      .prepare('SELECT m, u FROM idx WHERE a = ? AND e = ? ORDER BY m, u LIMIT 10')
      .raw();
    this.#heads = db
      .prepare(`SELECT a FROM mbx WHERE a > ? AND m = 0 ORDER BY a LIMIT ${collectSlice}`)
      .pluck();
    this.#lostRelays = db
      .prepare(
        `SELECT id FROM outbox WHERE relay <> '' AND c <> 0 AND c NOT IN (SELECT c FROM content)
         LIMIT 100`,
      )
      .pluck();
  }

  size(c: number): number | undefined {
    return this.#size.get(c) as number | undefined;
  }

  content(c: number): RenderedColumns | undefined {
    const row = this.#content.get(c) as [number, number, Uint8Array, ...unknown[]] | undefined;
    if (row === undefined) return undefined;
    const [size, file, digest, ...renderings] = row;
    return { size, file, digest, renderings: JSON.stringify(renderings) };
  }

  unused(after: number): { readonly unused: number[]; readonly next: number | undefined } {
    const next = (this.#lastContent.get(after) as number | null) ?? undefined;
    return { unused: this.#unused.all(after) as number[], next };
  }

  whereIs(a: number, e: number): [number, number][] {
    return this.#whereIs.all(a, e) as [number, number][];
  }

  heads(after: number): number[] {
    return this.#heads.all(after) as number[];
  }

  lostRelays(): string[] {
    return this.#lostRelays.all() as string[];
  }
}
