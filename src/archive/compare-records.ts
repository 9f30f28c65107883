import type { UpkeepStore } from '../store/api.ts';
import type { KeptRecord } from '../store/records.ts';
import { singly } from './singly.ts';

type RecordSource = Pick<UpkeepStore, 'records'>;

/** Whether two stores have the same records. Undefined when they do; else the kind and key of the first that differs. */
export async function compareRecords(
  one: RecordSource,
  other: RecordSource,
): Promise<string | undefined> {
  const [ones, others] = [singly(one.records()), singly(other.records())];
  try {
    for (;;) {
      const [{ value: a }, { value: b }] = [await ones.next(), await others.next()];
      const differs = facts(a) !== facts(b);
      const record = a ?? b;
      if (record === undefined) return undefined;
      if (differs) return `${record.kind} ${record.key}`;
    }
  } finally {
    await ones.return(undefined);
    await others.return(undefined);
  }
}

function facts(record: KeptRecord | undefined): string | undefined {
  return record && JSON.stringify([record.kind, record.key, record.version, record.value]);
}
