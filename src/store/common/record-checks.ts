import { MailError } from '../../core/errors.ts';
import type { KeptRecord, NewRecord, RecordKind } from '../records.ts';
import { recordKeyBytes, recordsListed, recordValueBytes } from './limits.ts';

const kindForm = /^[a-z-]{1,32}$/;

/** Kinds are words of the program: another one is a mistake of it. */
export function checkRecordKind(kind: RecordKind): void {
  if (!kindForm.test(kind)) throw new TypeError('a record kind is small Latin letters and hyphens');
}

/** Whether a record can have that key: what a stranger gave need not be looked for. */
export function isRecordKey(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= recordKeyBytes && isText(key);
}

/** Throws what `RecordStore.insert` promises. */
export function checkRecord({ key, value }: NewRecord): void {
  if (Buffer.byteLength(key) > recordKeyBytes) {
    throw new MailError('limit', `The key of a record has ${recordKeyBytes} octets at most`);
  }
  if (!isRecordKey(key)) {
    throw new MailError('invalid', 'The key of a record is text, not empty and without NUL');
  }
  checkRecordValue(value);
}

/** Throws what `UpkeepStore.restoreRecords` promises. */
export function checkKeptRecord(record: KeptRecord): void {
  const { kind, version } = record;
  if (!kindForm.test(kind) || !Number.isSafeInteger(version) || version < 1) {
    throw new MailError('invalid', 'A record has a kind of small Latin letters, and a version');
  }
  checkRecord(record);
}

/** Throws what `RecordStore.replace` promises. */
export function checkRecordValue(value: string): void {
  if (Buffer.byteLength(value) > recordValueBytes) {
    throw new MailError('limit', `The value of a record has ${recordValueBytes} octets at most`);
  }
  if (!isText(value)) throw new MailError('invalid', 'The value of a record is text without NUL');
}

/** Another number is a mistake of the program. */
export function checkListed(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > recordsListed) {
    throw new RangeError(`a list has 1 to ${recordsListed} records`);
  }
}

/** Lone surrogates would not come back as they went. */
function isText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
