import { skeleton } from '../account/address.ts';
import type { AccountStore } from '../store/api.ts';

const pageSize = 1000;

/**
 * Which of the look-alike forms belong to an account already, and to which address. Walks through all accounts: for
 * dry runs, which may take their time; a real run is told by the store.
 */
export async function takenSkeletons(
  accounts: AccountStore,
  wanted: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const looked = new Set(wanted);
  const taken = new Map<string, string>();
  let after: string | undefined;
  for (;;) {
    const page = await accounts.list({ limit: pageSize, ...(after !== undefined && { after }) });
    for (const { canonical } of page) {
      const form = skeleton(canonical);
      if (looked.has(form)) taken.set(form, canonical);
    }
    after = page.at(-1)?.canonical;
    if (page.length < pageSize || after === undefined) return taken;
  }
}
