import type { Connection, Statement } from '../database.ts';
import type { Letter } from '../../common/letter-row.ts';
import type { ContentUse } from '../protocol.ts';

/** The contents of a shard and who uses them. */
export class ContentRows {
  #next: number | undefined;
  #nextChanged = false;

  readonly #selectNext: Statement;
  readonly #updateNext: Statement;
  readonly #insert: Statement;
  readonly #insertBody: Statement;
  readonly #link: Statement;
  readonly #unlink: Statement;
  readonly #used: Statement;
  readonly #remove: Statement;
  readonly #removeBody: Statement;

  constructor(db: Connection) {
    this.#selectNext = db.prepare(`SELECT value FROM counter WHERE name = 'content'`).pluck();
    this.#updateNext = db.prepare(`UPDATE counter SET value = ? WHERE name = 'content'`);
    this.#insert = db.prepare('INSERT INTO content VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)');
    this.#insertBody = db.prepare('INSERT INTO body VALUES (?,?)');
    this.#link = db.prepare(
      'INSERT INTO link VALUES (?,?,?) ON CONFLICT DO UPDATE SET at = excluded.at',
    );
    this.#unlink = db.prepare('DELETE FROM link WHERE c = ? AND a = ?');
    this.#used = db.prepare('SELECT 1 FROM link WHERE c = ? LIMIT 1').pluck();
    this.#remove = db.prepare('DELETE FROM content WHERE c = ?');
    this.#removeBody = db.prepare('DELETE FROM body WHERE c = ?');
  }

  /** The number of the next content. */
  get next(): number {
    return (this.#next ??= this.#selectNext.get() as number);
  }

  /** Writes a content; its number is never used again, so that a forgotten link cannot point at another's letter. */
  insert(letter: Letter, now: number): number {
    const c = this.next;
    this.#next = c + 1;
    this.#nextChanged = true;
    const { octets, headerBytes } = letter;
    this.#insert.run(
      c,
      now,
      letter.size,
      octets === undefined ? 1 : 0,
      letter.version,
      letter.sent,
      letter.preview,
      letter.envelope,
      letter.envelope8,
      letter.structure,
      letter.structure8,
      letter.body,
      letter.body8,
      letter.digest,
      letter.ref,
      headerBytes,
      octets === undefined ? (letter.header ?? null) : octets.subarray(0, headerBytes),
      letter.parts,
      letter.threading,
    );
    if (octets !== undefined && octets.length > headerBytes) {
      this.#insertBody.run(c, octets.subarray(headerBytes));
    }
    return c;
  }

  link(use: ContentUse, now: number): void {
    this.#link.run(use.c, use.a, now);
  }

  /** Removes a use, and the content with its last use. */
  unlink(use: ContentUse): void {
    this.#unlink.run(use.c, use.a);
    if (this.#used.get(use.c) !== undefined) return;
    this.#remove.run(use.c);
    this.#removeBody.run(use.c);
  }

  flush(): void {
    if (!this.#nextChanged) return;
    this.#updateNext.run(this.#next);
    this.#nextChanged = false;
  }

  forget(): void {
    this.#next = undefined;
    this.#nextChanged = false;
  }
}
