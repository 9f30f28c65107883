import type { ArchiveProgress } from '../archive/api.ts';
import { type ArchiveVerified, verifyArchive } from '../archive/verify-archive.ts';

/** Reads a backup and checks every digest; needs neither a store nor a server. `not-found` */
export function verifyBackup(
  folder: string,
): AsyncGenerator<ArchiveProgress, ArchiveVerified, void> {
  return verifyArchive(folder);
}
