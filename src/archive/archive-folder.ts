import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { MailError } from '../core/errors.ts';
import {
  type ArchiveLine,
  type ArchiveFormat,
  archiveFormats,
  type AuditLine,
  type BackupFile,
  type EndLine,
  type OutboxLine,
  type RecordLine,
} from './api.ts';

const fileMode = 0o600;
const folderMode = 0o700;
const unfinished = '.unfinished';

/** The folder of a backup: names, and files that have theirs only when they are whole and on the disk. */
export class ArchiveFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get accountsPath(): string {
    return join(this.path, 'accounts');
  }

  get lettersPath(): string {
    return join(this.path, 'letters');
  }

  /** An address may hold what a file name may not. */
  accountPath(canonical: string): string {
    return join(this.accountsPath, `${encodeURIComponent(canonical).replaceAll('*', '%2A')}.jsonl`);
  }

  get outboxPath(): string {
    return join(this.path, 'outbox.jsonl');
  }

  get recordsPath(): string {
    return join(this.path, 'records.jsonl');
  }

  get auditPath(): string {
    return join(this.path, 'audit');
  }

  /** The first file has number 0. */
  auditFilePath(number: number): string {
    return join(this.auditPath, `${String(number).padStart(8, '0')}.jsonl`);
  }

  letterPath(sha256: string): string {
    return join(this.lettersPath, sha256.slice(0, 2), `${sha256}.eml`);
  }

  /**
   * Makes the folder, or takes it up again; refuses one that holds something else, or a backup of another store:
   * `invalid`.
   */
  async begin(store: string): Promise<void> {
    await makeFolderDurably(this.path);
    const names = await readdir(this.path);
    const files = ['backup.json', 'records.jsonl', 'outbox.jsonl'].flatMap((name) => [
      name,
      name + unfinished,
    ]);
    const own = new Set(['accounts', 'letters', 'audit', ...files]);
    if (names.some((name) => !own.has(name))) {
      throw new MailError('invalid', `${this.path} holds files that are not of a backup`);
    }
    if (names.includes('backup.json')) {
      const { store: before = store } = await this.state();
      if (before !== store) {
        throw new MailError('invalid', `${this.path} is the backup of another store`);
      }
    }
    await makeFolder(this.accountsPath);
    await makeFolder(this.lettersPath);
    await makeFolder(this.auditPath);
    await syncFolder(this.path);
  }

  /** `not-found`, `invalid` */
  async state(): Promise<BackupFile> {
    const text = await readFile(join(this.path, 'backup.json'), 'utf8').catch((cause: unknown) => {
      throw new MailError('not-found', `${this.path} is not a backup`, { cause });
    });
    const state = parse(text) as Omit<BackupFile, 'format'> & { readonly format: number };
    const { format } = state;
    if (!isKnown(format)) {
      throw new MailError('invalid', `${this.path} was written by a newer program`);
    }
    return { ...state, format };
  }

  async writeState(state: BackupFile): Promise<void> {
    const file = await this.create(join(this.path, 'backup.json'));
    await file.write(Buffer.from(`${JSON.stringify(state)}\n`));
    await file.finish();
    await syncFolder(this.path);
  }

  /** A file that gets its name when it is finished. */
  async create(path: string): Promise<NewFile> {
    return new NewFile(path, await open(path + unfinished, 'w', fileMode));
  }

  async has(path: string): Promise<boolean> {
    return (await stat(path).catch(() => undefined)) !== undefined;
  }

  /** Canonical addresses of the accounts that are in it, in order. */
  async accounts(): Promise<readonly string[]> {
    const names = await readdir(this.accountsPath).catch(() => []);
    return names
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => decodeURIComponent(name.slice(0, -'.jsonl'.length)))
      .sort();
  }

  /** Digests of all letters. */
  async *letters(): AsyncGenerator<string, void, void> {
    for (const prefix of await readdir(this.lettersPath).catch(() => [])) {
      for (const name of await readdir(join(this.lettersPath, prefix))) {
        if (name.endsWith('.eml')) yield name.slice(0, -'.eml'.length);
      }
    }
  }

  /** The lines of an account, without the last. `invalid` when it is not whole: after the lines before it. */
  lines(canonical: string): AsyncGenerator<ArchiveLine, void, void> {
    return wholeLines(this.accountPath(canonical), canonical);
  }

  /** The records, in order; none when the file is not there. `invalid` as for `lines`. */
  async *records(): AsyncGenerator<RecordLine, void, void> {
    if (await this.has(this.recordsPath)) yield* wholeLines(this.recordsPath, 'records.jsonl');
  }

  /** What waited to be sent; nothing when the file is not there. `invalid` as for `lines`. */
  async *outbox(): AsyncGenerator<OutboxLine, void, void> {
    if (await this.has(this.outboxPath)) yield* wholeLines(this.outboxPath, 'outbox.jsonl');
  }

  /** Numbers of the files of the audit log, in order. */
  async auditFiles(): Promise<readonly number[]> {
    const names = await readdir(this.auditPath).catch(() => []);
    return names
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => Number.parseInt(name, 10))
      .sort((one, other) => one - other);
  }

  /** The audit log, oldest first. `invalid` as for `lines`. */
  async *audit(): AsyncGenerator<AuditLine, void, void> {
    for (const number of await this.auditFiles()) {
      yield* wholeLines<AuditLine>(this.auditFilePath(number), `audit/${number}`);
    }
  }

  /** The first line of an account's file; undefined when there is none. */
  async firstLine(canonical: string): Promise<ArchiveLine | undefined> {
    if (!(await this.has(this.accountPath(canonical)))) return undefined;
    for await (const line of readLines(this.accountPath(canonical))) {
      return parse(line) as ArchiveLine;
    }
    return undefined;
  }

  /** The octets of a letter, piece by piece. */
  readLetter(sha256: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.letterPath(sha256), { highWaterMark: 128 * 1024 });
  }
}

/** Written under another name; `finish` makes it durable and gives it its own. */
export class NewFile {
  readonly path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Where it is until it is finished. */
  get unfinishedPath(): string {
    return this.path + unfinished;
  }

  async write(octets: Uint8Array): Promise<void> {
    await this.#handle.writeFile(octets);
  }

  /** All written, on the disk, but not under its name yet. */
  async close(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
  }

  /** The name itself is durable when its folder is synced. */
  async name(): Promise<void> {
    await rename(this.unfinishedPath, this.path);
  }

  async finish(): Promise<void> {
    await this.close();
    await this.name();
  }

  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.unfinishedPath, { force: true });
  }
}

/** A file of lines with the digest of all of them in the last. */
async function* wholeLines<L extends { readonly kind: string }>(
  path: string,
  name: string,
): AsyncGenerator<L, void, void> {
  const hash = createHash('sha256');
  let count = 0;
  let end: EndLine | undefined;
  const wrong = (): MailError => new MailError('invalid', `${name}: its file is not whole`);
  for await (const line of readLines(path)) {
    if (end !== undefined) throw wrong();
    const value = parse(line) as L | EndLine;
    if (isEnd(value)) {
      end = value;
      continue;
    }
    hash.update(`${line}\n`);
    count++;
    yield value;
  }
  if (end?.lines !== count || end.sha256 !== hash.digest('hex')) throw wrong();
}

function isKnown(format: number): format is ArchiveFormat {
  return (archiveFormats as readonly number[]).includes(format);
}

function isEnd(line: { readonly kind: string }): line is EndLine {
  return line.kind === 'end';
}

/** Lines of a new file, and in the end their digest. */
export class LineWriter {
  readonly file: NewFile;
  readonly #hash = createHash('sha256');
  #lines = 0;

  constructor(file: NewFile) {
    this.file = file;
  }

  async write(values: readonly { readonly kind: string }[]): Promise<void> {
    if (values.length === 0) return;
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    this.#hash.update(text);
    this.#lines += values.length;
    await this.file.write(Buffer.from(text));
  }

  /** The last line: what comes after it, or is missing before it, is seen. */
  async end(): Promise<void> {
    const end: EndLine = { kind: 'end', lines: this.#lines, sha256: this.#hash.digest('hex') };
    await this.file.write(Buffer.from(`${JSON.stringify(end)}\n`));
  }
}

export async function* readLines(path: string): AsyncGenerator<string, void, void> {
  const input = createReadStream(path, { encoding: 'utf8' });
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } finally {
    input.destroy();
  }
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: folderMode });
}

/** With those above it, so that a power cut takes none of their names away. */
async function makeFolderDurably(path: string): Promise<void> {
  const made = (await mkdir(path, { recursive: true, mode: folderMode })) ?? path;
  for (let at = path; at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MailError('invalid', 'A line of the backup is not JSON', { cause });
  }
}
