import type { Connection, Statement } from '../database.ts';

interface Taken {
  readonly uidValidity: number;
  readonly uid: number;
}

/**
 * Delivery ids that are remembered as long as the account, with their answers: an import may be given again at any
 * time. Apart from those of retries, whose ring is trimmed by walking over it.
 */
export class LastingIds {
  readonly #find: Statement;
  readonly #add: Statement;

  constructor(db: Connection) {
    this.#find = db.prepare('SELECT uidvalidity, u FROM lasting WHERE a = ? AND id = ?').raw();
    this.#add = db.prepare('INSERT INTO lasting VALUES (?,?,?,?)');
  }

  find(a: number, id: string): Taken | undefined {
    const row = this.#find.get(a, idOctets(id)) as [number, number] | undefined;
    return row === undefined ? undefined : { uidValidity: row[0], uid: row[1] };
  }

  add(a: number, id: string, answer: Taken): void {
    this.#add.run(a, idOctets(id), answer.uidValidity, answer.uid);
  }
}

/** As the row holds it: an id is base64url. */
export function idOctets(id: string): Buffer {
  return Buffer.from(id, 'base64url');
}
