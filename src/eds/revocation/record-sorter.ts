import { type FileHandle, open, rm } from 'node:fs/promises';
import { keyBytes, recordBytes } from './crl-record.ts';

/** Records that are sorted in memory at once: some 20 ms. */
const runRecords = 8192;
const runBytes = runRecords * recordBytes;
/** Records that the merge reads of a run at once. */
const pageRecords = 1024;

/**
 * Sorts records by their key. Up to one run they stay in memory; more go to a file in sorted runs, which are merged at
 * the end, so that memory does not grow with the list and no single step takes long.
 */
export class RecordSorter {
  readonly #path: string | undefined;
  #run = Buffer.alloc(0);
  #filled = 0;
  #runs: number[] = [];
  #file: FileHandle | undefined;

  /** Without a path there may be one run at most. */
  constructor(path?: string) {
    this.#path = path;
  }

  /** How many records fit when there is no file. */
  static readonly mostInMemory = runRecords;

  /** Resolves when there is room for the next one. */
  add(record: Buffer): void | Promise<void> {
    if (this.#filled < runBytes) {
      this.#put(record);
      return undefined;
    }
    return this.#spill().then(() => {
      this.#put(record);
    });
  }

  #put(record: Buffer): void {
    if (this.#filled === this.#run.length) {
      const larger = Buffer.alloc(Math.min(runBytes, Math.max(4096, this.#run.length * 4)));
      this.#run.copy(larger);
      this.#run = larger;
    }
    record.copy(this.#run, this.#filled);
    this.#filled += recordBytes;
  }

  /** All records in order, in pieces. */
  async *sorted(): AsyncGenerator<Buffer, void, void> {
    const last = sortRun(this.#run.subarray(0, this.#filled));
    if (this.#file === undefined) {
      if (last.length > 0) yield last;
      return;
    }
    const runs: RunReader[] = [];
    let start = 0;
    for (const length of this.#runs) {
      runs.push(new RunReader(this.#file, start, start + length));
      start += length;
    }
    runs.push(new RunReader(last));
    yield* merge(runs);
  }

  /** Removes the file of the runs. */
  async close(): Promise<void> {
    await this.#file?.close();
    if (this.#file !== undefined && this.#path !== undefined) await rm(this.#path, { force: true });
    this.#file = undefined;
  }

  async #spill(): Promise<void> {
    if (this.#path === undefined) throw new RangeError('more records than fit into memory');
    this.#file ??= await open(this.#path, 'w+', 0o600);
    await this.#file.writev([sortRun(this.#run.subarray(0, this.#filled))]);
    this.#runs.push(this.#filled);
    this.#filled = 0;
  }
}

function sortRun(run: Buffer): Buffer {
  // Texts of one octet a character compare as the octets do, and faster.
  const order = Array.from({ length: run.length / recordBytes }, (_, i) => ({
    key: run.toString('latin1', i * recordBytes, i * recordBytes + keyBytes),
    at: i * recordBytes,
  }));
  order.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.at - b.at));
  const sorted = Buffer.allocUnsafe(run.length);
  for (const [i, { at }] of order.entries())
    run.copy(sorted, i * recordBytes, at, at + recordBytes);
  return sorted;
}

/** The records of one run, read in pages. */
class RunReader {
  readonly #file: FileHandle | undefined;
  #position: number;
  readonly #end: number;
  #page: Buffer;
  #at = 0;

  constructor(source: FileHandle | Buffer, start = 0, end = 0) {
    this.#file = Buffer.isBuffer(source) ? undefined : source;
    this.#page = Buffer.isBuffer(source) ? source : Buffer.alloc(0);
    this.#position = start;
    this.#end = end;
  }

  /** The record that is next; undefined at the end. `load` must have resolved. */
  head(): Buffer | undefined {
    if (this.#at >= this.#page.length) return undefined;
    return this.#page.subarray(this.#at, this.#at + recordBytes);
  }

  /** Whether the next page must be read first. */
  get isDry(): boolean {
    return this.#at >= this.#page.length && this.#position < this.#end;
  }

  next(): void {
    this.#at += recordBytes;
  }

  async load(): Promise<void> {
    if (!this.isDry || this.#file === undefined) return;
    const length = Math.min(pageRecords * recordBytes, this.#end - this.#position);
    const page = Buffer.alloc(length);
    const { bytesRead } = await this.#file.read(page, 0, length, this.#position);
    if (bytesRead !== length) throw new Error('a file of sorted runs is cut off');
    this.#page = page;
    this.#at = 0;
    this.#position += length;
  }
}

/** Takes the smallest head again and again, from a heap of the runs. */
async function* merge(runs: readonly RunReader[]): AsyncGenerator<Buffer, void, void> {
  for (const run of runs) await run.load();
  const heap = runs.filter((run) => run.head() !== undefined);
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i);
  let out = Buffer.allocUnsafe(pageRecords * recordBytes);
  let filled = 0;
  for (;;) {
    const [top] = heap;
    const record = top?.head();
    if (top === undefined || record === undefined) break;
    filled += record.copy(out, filled);
    if (filled === out.length) {
      yield out;
      out = Buffer.allocUnsafe(pageRecords * recordBytes);
      filled = 0;
    }
    top.next();
    if (top.isDry) await top.load();
    if (top.head() === undefined) {
      const last = heap.pop();
      if (last !== undefined && last !== top) heap[0] = last;
    }
    sink(heap, 0);
  }
  if (filled > 0) yield out.subarray(0, filled);
}

function sink(heap: RunReader[], start: number): void {
  for (let at = start; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isLess(heap[child], heap[least])) least = child;
    }
    const [a, b] = [heap[at], heap[least]];
    if (least === at || a === undefined || b === undefined) return;
    heap[at] = b;
    heap[least] = a;
    at = least;
  }
}

function isLess(a: RunReader | undefined, b: RunReader | undefined): boolean {
  const [first, second] = [a?.head(), b?.head()];
  if (first === undefined || second === undefined) return false;
  return first.compare(second, 0, keyBytes, 0, keyBytes) < 0;
}
