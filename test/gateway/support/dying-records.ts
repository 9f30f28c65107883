import type { RecordStore } from '../../../src/store/records.ts';

/** What the process of a test dies of. */
export class Died extends Error {}

/**
 * A real record store in a process that dies at its n-th write: before it is made, or after it is made and before anybody
 * hears of it. From then on nothing is read or written.
 */
export class DyingRecords implements RecordStore {
  readonly #records: RecordStore;
  readonly #when: 'before' | 'after';
  #left: number;
  #dead = false;

  constructor(records: RecordStore, write: number, when: 'before' | 'after') {
    this.#records = records;
    this.#left = write;
    this.#when = when;
  }

  get died(): boolean {
    return this.#dead;
  }

  get: RecordStore['get'] = async (...args) => this.#read(() => this.#records.get(...args));
  list: RecordStore['list'] = async (...args) => this.#read(() => this.#records.list(...args));
  insert: RecordStore['insert'] = async (...args) =>
    this.#write(() => this.#records.insert(...args));
  replace: RecordStore['replace'] = async (...args) =>
    this.#write(() => this.#records.replace(...args));
  remove: RecordStore['remove'] = async (...args) =>
    this.#write(() => this.#records.remove(...args));

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Died();
    return read();
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Died();
    this.#left -= 1;
    const isLast = this.#left === 0;
    if (isLast) this.#dead = true;
    if (isLast && this.#when === 'before') throw new Died();
    const done = await write();
    if (isLast) throw new Died();
    return done;
  }
}
