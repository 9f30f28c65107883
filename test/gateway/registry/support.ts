import {
  type RegistryFinding,
  verifyRegistry,
} from '../../../src/gateway/registry/verify-registry.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import type { RegistryEvent, RegistryEventKind, SubjectKey } from '../../../src/gateway/api.ts';

/** A blind index as the vault makes them. */
export function subjectOf(number: number): SubjectKey {
  return number.toString(16).padStart(64, '0') as SubjectKey;
}

/** An event of the mailbox `user<number>@example.kz`; two with the same `number`, `kind` and `at` are the same event. */
export function event(
  kind: RegistryEventKind,
  number: number,
  more: Partial<RegistryEvent> = {},
): RegistryEvent {
  const at = more.at ?? 1_700_000_000_000;
  return {
    id: `${kind}-${number}-${at}`,
    kind,
    subject: subjectOf(number),
    subjectType: 'individual',
    address: `user${number}@example.kz`,
    at,
    cause: `application:ap_${number}`,
    facts: kind === 'created' || kind === 'level' ? { level: 'official' } : {},
    ...more,
  };
}

const kinds = ['', '-event', '-history', '-view', '-address', '-mark'].map(
  (one) => `registry${one}`,
);

/** An empty registry again. */
export async function clear(records: RecordStore): Promise<void> {
  for (const kind of kinds) {
    for (const { key, version } of await records.list(kind, { limit: 1000 })) {
      await records.remove(kind, key, version);
    }
  }
}

/** What `verifyRegistry` finds in the registry itself, without looking at accounts. */
export async function wrongIn(records: RecordStore): Promise<RegistryFinding[]> {
  const found: RegistryFinding[] = [];
  const accounts = { find: () => Promise.resolve(undefined), list: () => Promise.resolve([]) };
  for await (const one of verifyRegistry(records, accounts)) {
    if (one.part !== 'mailbox') found.push(one);
  }
  return found;
}
