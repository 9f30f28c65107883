import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { CrlIndex, type CrlMeta, fencesOf, pageBytes } from './crl-index.ts';
import { recordBytes } from './crl-record.ts';
import { crlStatus } from './crl-status.ts';
import { RecordSorter } from './record-sorter.ts';
import type { StatusAnswer, StatusQuestion, StatusSource } from './status-source.ts';
import { issuerKey, verifiedCrl } from './verified-crl.ts';

/** The end of an index file: the length of the description before it, and this. */
const mark = 'zhashik crl index 1';
const trailerBytes = 4 + mark.length;
const mostMetaBytes = 16 * 1024;
/** What is read at once to check a file: whole pages. */
const readBytes = 64 * pageBytes;
/** Lists of one key that are kept of each kind: the newest, and the one before it for who is reading it. */
const keptLists = 2;

interface Opened {
  readonly index: CrlIndex;
  readonly file: FileHandle;
}

/**
 * CRLs on disk, as sorted indexes that any number of processes may use at once: a file is written whole, then named,
 * and never changed. A list of tens of megabytes is read as it comes and needs little memory.
 */
export class CrlFolder implements StatusSource {
  readonly #folder: string;
  readonly #verifier: SignatureVerifier;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(folder: string, verifier: SignatureVerifier) {
    this.#folder = folder;
    this.#verifier = verifier;
  }

  /** Takes a CRL in when one of the certificates signed it. Throws a `Refusal`; then the folder is as it was. */
  async import(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    issuers: readonly Certificate[],
  ): Promise<CrlMeta> {
    await mkdir(this.#folder, { recursive: true });
    const base = join(this.#folder, `new-${randomUUID()}`);
    const sorter = new RecordSorter(`${base}.runs`);
    try {
      const meta = await verifiedCrl(this.#verifier, chunks, issuers, sorter);
      await writeIndex(`${base}.part`, meta, sorter);
      await rename(`${base}.part`, join(this.#folder, nameOf(meta)));
      await this.#removeOlder(meta);
      return meta;
    } finally {
      await sorter.close();
      await rm(`${base}.part`, { force: true });
    }
  }

  async status(question: StatusQuestion): Promise<StatusAnswer> {
    return crlStatus(await this.lists(issuerKey(question.issuer)), question);
  }

  /** The lists of a key, by `issuerKey`; of all keys when it is left out. */
  async lists(key = ''): Promise<readonly CrlIndex[]> {
    const all = await this.#names();
    await this.#closeGone(all);
    const names = all.filter((name) => name.startsWith(key));
    const opened = await Promise.all(names.map((name) => this.#open(name)));
    return opened.map((one) => one.index);
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened).file.close();
    this.#opened.clear();
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith('.crl-index'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Files that another process has replaced. */
  async #closeGone(names: readonly string[]): Promise<void> {
    for (const [name, opened] of this.#opened) {
      if (names.includes(name)) continue;
      this.#opened.delete(name);
      await (await opened).file.close();
    }
  }

  #open(name: string): Promise<Opened> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const opened = openIndex(join(this.#folder, name));
    this.#opened.set(name, opened);
    opened.catch(() => this.#opened.delete(name));
    return opened;
  }

  async #removeOlder(meta: CrlMeta): Promise<void> {
    const kind = nameOf(meta).split('-', 2).join('-');
    const names = (await this.#names()).filter((name) => name.startsWith(`${kind}-`)).toSorted();
    for (const name of names.slice(0, -keptLists)) {
      const opened = this.#opened.get(name);
      this.#opened.delete(name);
      await (await opened)?.file.close();
      await rm(join(this.#folder, name), { force: true });
    }
  }
}

/** Sorts by time within a key and a kind. */
function nameOf(meta: CrlMeta): string {
  const kind = meta.deltaBase === undefined ? 'base' : 'delta';
  const time = String(meta.thisUpdate).padStart(15, '0');
  return `${meta.issuerKey}-${kind}-${time}-${meta.sha256.slice(0, 16)}.crl-index`;
}

/** The records, the description, its length and the mark. The records' digest is in the description. */
async function writeIndex(path: string, meta: CrlMeta, sorter: RecordSorter): Promise<void> {
  const digest = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of sorter.sorted()) {
      digest.update(piece);
      await file.writev([piece]);
    }
    const description = Buffer.from(JSON.stringify({ meta, records: digest.digest('hex') }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(description.length);
    await file.writev([description, length, Buffer.from(mark)]);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Throws when the file is not one that `writeIndex` made: it is damaged, and can be made again from the CRL. */
async function openIndex(path: string): Promise<Opened> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const trailer = await readAt(file, size - trailerBytes, trailerBytes);
    const length = trailer.readUInt32BE(0);
    if (trailer.toString('latin1', 4) !== mark || length > mostMetaBytes) throw damaged(path);
    const description = await readAt(file, size - trailerBytes - length, length);
    const { meta, records } = JSON.parse(description.toString()) as {
      meta: CrlMeta;
      records: string;
    };
    const recordsEnd = size - trailerBytes - length;
    if (recordsEnd !== meta.entries * recordBytes) throw damaged(path);
    const digest = createHash('sha256');
    const fences: Buffer[] = [];
    for (let at = 0; at < recordsEnd; at += readBytes) {
      const piece = await readAt(file, at, Math.min(readBytes, recordsEnd - at));
      digest.update(piece);
      fences.push(fencesOf(piece));
    }
    if (digest.digest('hex') !== records) throw damaged(path);
    const index = new CrlIndex(meta, Buffer.concat(fences), (page) => {
      const at = page * pageBytes;
      return readAt(file, at, Math.min(pageBytes, recordsEnd - at));
    });
    return { file, index };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw new Error('an index of a CRL is cut off');
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('an index of a CRL is cut off');
  return buffer;
}

function damaged(path: string): Error {
  return new Error(`${path} is damaged: remove it and import the CRL again`);
}
