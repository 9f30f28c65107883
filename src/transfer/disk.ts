import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What makes files last: each resolves when the disk has it, so that a power cut takes nothing of it away. */
export interface Disk {
  /** The octets and facts of a file. */
  syncFile(file: FileHandle): Promise<void>;
  /** The names in a folder: what was made, renamed and removed in it. */
  syncFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

export const realDisk: Disk = {
  syncFile: (file) => file.sync(),
  async syncFolder(path) {
    const folder = await open(path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  rename,
};

/** Makes a folder with those above it, for this user alone; their names last. */
export async function makeFolder(disk: Disk, path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await disk.syncFolder(dirname(made));
    if (made === first) return;
  }
}
