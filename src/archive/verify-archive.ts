import { createHash } from 'node:crypto';
import { MailError } from '../core/errors.ts';
import type { ArchiveProgress } from './api.ts';
import { ArchiveFolder } from './archive-folder.ts';
import { recordOf } from './restore-rest.ts';

export interface ArchiveVerified {
  readonly complete: boolean;
  readonly accounts: number;
  readonly messages: number;
  readonly letters: number;
  readonly records: number;
  readonly bytes: number;
  readonly damaged: number;
}

/**
 * Reads a whole backup and holds every digest against its octets; each thing that is wrong is a remark of the progress.
 * Needs no store. `not-found`
 */
export async function* verifyArchive(
  path: string,
): AsyncGenerator<ArchiveProgress, ArchiveVerified, void> {
  const folder = new ArchiveFolder(path);
  const state = await folder.state();
  const now = { accounts: 0, messages: 0, letters: 0, records: 0, bytes: 0, damaged: 0 };
  const wrong = (remark: string): ArchiveProgress => {
    now.damaged++;
    return { ...now, remark };
  };
  for await (const sha256 of folder.letters()) {
    const hash = createHash('sha256');
    try {
      for await (const piece of folder.readLetter(sha256)) {
        hash.update(piece);
        now.bytes += piece.length;
      }
    } catch (error) {
      yield wrong(`letter ${sha256} cannot be read: ${(error as Error).message}`);
      continue;
    }
    now.letters++;
    if (hash.digest('hex') !== sha256) yield wrong(`letter ${sha256} has other octets`);
    else if (now.letters % 100 === 0) yield { ...now };
  }
  for (const canonical of await folder.accounts()) {
    now.accounts++;
    try {
      for await (const line of folder.lines(canonical)) {
        if (line.kind !== 'message' && line.kind !== 'deleted') continue;
        if (line.kind === 'message') now.messages++;
        if (line.sha256 !== null && (await folder.has(folder.letterPath(line.sha256)))) continue;
        yield wrong(
          `${canonical}: mailbox ${line.mailbox}, UID ${line.uid}: the letter is missing`,
        );
      }
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      yield wrong(error.message);
    }
    yield { ...now, account: canonical };
  }
  try {
    for await (const line of folder.records()) {
      recordOf(line);
      now.records++;
    }
    const { records = now.records } = state;
    if (now.records < records) yield wrong(`${records - now.records} records are missing`);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    yield wrong(error.message);
  }
  try {
    for await (const { key, sha256 } of folder.outbox()) {
      if (await folder.has(folder.letterPath(sha256))) continue;
      yield wrong(`letter ${key} to be sent is missing`);
    }
    let last = 0;
    for await (const { id } of folder.audit()) {
      if (id <= last) yield wrong(`record ${id} of the audit log comes after ${last}`);
      last = id;
    }
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    yield wrong(error.message);
  }
  const missing = (state.accounts ?? 0) - now.accounts;
  if (missing > 0) yield wrong(`${missing} accounts are missing`);
  return { complete: state.state === 'complete', ...now };
}
