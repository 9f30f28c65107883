import type { Connection, Statement } from '../database.ts';
import { deliveryIdsKept } from '../../common/limits.ts';

interface Taken {
  readonly uidValidity: number;
  readonly uid: number;
}

/** The newest delivery ids of each account with their answers: what makes a retry harmless. */
export class TakenIds {
  readonly #find: Statement;
  readonly #add: Statement;
  readonly #trim: Statement;

  constructor(db: Connection) {
    this.#find = db.prepare('SELECT uidvalidity, u FROM taken WHERE a = ? AND id = ?').raw();
    this.#add = db.prepare('INSERT INTO taken VALUES (?,?,?,?,?)');
    this.#trim = db.prepare('DELETE FROM taken WHERE a = ? AND n <= ?');
  }

  find(a: number, id: string): Taken | undefined {
    const row = this.#find.get(a, id) as [number, number] | undefined;
    return row === undefined ? undefined : { uidValidity: row[0], uid: row[1] };
  }

  /** `n` counts the account's deliveries; the oldest ids are forgotten a quarter of the ring at a time. */
  add(a: number, id: string, n: number, answer: Taken): void {
    this.#add.run(a, id, n, answer.uidValidity, answer.uid);
    if (n % (deliveryIdsKept / 4) === 0) this.#trim.run(a, n - deliveryIdsKept);
  }
}
