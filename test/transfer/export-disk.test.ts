import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { type Disk, makeFolder, realDisk } from '../../src/transfer/disk.ts';
import { EmlTarget, MaildirTarget } from '../../src/transfer/file-per-letter.ts';
import type { ExportedLetter, LetterTarget } from '../../src/transfer/letter-target.ts';
import { MboxTarget } from '../../src/transfer/mbox-target.ts';

/**
 * What a power cut would leave: files as they were when they were synced, under the names that their folder had when
 * it was synced.
 */
class CutDisk implements Disk {
  /** Size of the file at its last sync, by the name that it has now. */
  readonly #synced = new Map<string, number>();
  /** Names given or made since their folder was synced. */
  readonly unsynced = new Set<string>();
  readonly foldersSynced: string[] = [];

  async syncFile(file: Parameters<Disk['syncFile']>[0]): Promise<void> {
    await realDisk.syncFile(file);
    const { size } = await file.stat();
    this.#synced.set(readlinkSync(`/proc/self/fd/${file.fd}`), size);
  }

  async syncFolder(path: string): Promise<void> {
    await realDisk.syncFolder(path);
    this.foldersSynced.push(path);
    for (const name of this.unsynced) if (dirname(name) === path) this.unsynced.delete(name);
  }

  async rename(from: string, to: string): Promise<void> {
    const whole = readFileSync(from).length;
    // What was settled before is renamed as it is.
    const synced = this.#synced.get(from);
    expect(synced, `${basename(from)} gets its name with all its octets on the disk`).to.equal(
      whole,
    );
    await realDisk.rename(from, to);
    this.#synced.set(to, whole);
    this.#synced.delete(from);
    this.unsynced.add(to);
  }
}

const letter = (uid: number, keywords: string[] = [], system = 0): ExportedLetter => ({
  internalDate: 1_600_000_000 + uid,
  account: 1,
  uidValidity: 7,
  uid: uid,
  flags: { system, keywords },
});

async function* octets(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(Buffer.from(text));
}

describe('export and the disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-export-disk-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const targets: Record<string, (disk: Disk) => LetterTarget> = {
    maildir: (disk) => new MaildirTarget(join(folder, 'a/b'), disk),
    eml: (disk) => new EmlTarget(join(folder, 'a/b'), disk),
    mbox: (disk) => new MboxTarget(join(folder, 'a/b'), disk),
  };

  for (const [kind, open] of Object.entries(targets)) {
    it(`${kind}: what is settled outlasts a power cut, its folders too`, async () => {
      const disk = new CutDisk();
      const box = await open(disk).mailbox(['Work', 'Inner']);
      for (let uid = 1; uid <= 3; uid++) await box.write(letter(uid, ['k']), octets(`x\r\n${uid}`));
      await box.settle();
      expect([...disk.unsynced]).to.deep.equal([]);
      await box.write(letter(4), octets('Subject: y\r\n\r\n'));
      await box.close(true);
      expect([...disk.unsynced]).to.deep.equal([]);
      for (const path of [folder, join(folder, 'a')]) expect(disk.foldersSynced).to.include(path);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      expect(files.filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
    });

    it(`${kind}: what is not settled has no name, and leaves nothing behind`, async () => {
      const disk = new CutDisk();
      const box = await open(disk).mailbox([]);
      await box.write(letter(1), octets('Subject: whole\r\n\r\n'));
      await box.close(false);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      expect(files.filter((name) => /zhashik|mbox|tmp$/.test(basename(name)))).to.deep.equal(
        kind === 'maildir' ? ['a/b/tmp'] : [],
      );
    });
  }

  it('a name with new flags lasts as well', async () => {
    const disk = new CutDisk();
    const first = await new MaildirTarget(folder, disk).mailbox([]);
    await first.write(letter(1), octets('x'));
    await first.close(true);
    const again = await new MaildirTarget(folder, disk).mailbox([]);
    expect(await again.find(letter(1, ['new'], 8))).to.equal('renamed');
    expect([...disk.unsynced].map((path) => basename(dirname(path)))).to.deep.equal(['cur']);
    await again.settle();
    expect([...disk.unsynced]).to.deep.equal([]);
  });

  it('makes folders that last up to the first that was there', async () => {
    const disk = new CutDisk();
    await makeFolder(disk, join(folder, 'x/y/z'));
    const made = ['x/y', 'x', '']
      .map((name) => join(folder, name))
      .map((path) => path.replace(/\/$/, ''));
    expect(disk.foldersSynced).to.deep.equal(made);
    await makeFolder(disk, join(folder, 'x/y/z'));
    expect(disk.foldersSynced).to.deep.equal(made);
  });
});
