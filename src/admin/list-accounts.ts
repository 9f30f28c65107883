import type { AccountStatus } from '../store/api.ts';
import { type AccountSummary, summarize } from './account-summary.ts';
import type { AdminContext } from './admin-context.ts';

export interface ListInput {
  /** Only accounts in this state. */
  readonly status?: AccountStatus | undefined;
}

const pageSize = 500;

/** All accounts in order of address, page by page, so that a million of them take no memory. Returns how many. */
export async function* listAccounts(
  context: AdminContext,
  input: ListInput,
): AsyncGenerator<readonly AccountSummary[], { readonly count: number }, void> {
  let count = 0;
  let after: string | undefined;
  for (;;) {
    const page = await context.accounts.list({
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    const { status } = input;
    const shown = page.filter((account) => status === undefined || account.status === status);
    if (shown.length > 0) yield shown.map(summarize);
    count += shown.length;
    after = page.at(-1)?.canonical;
    if (page.length < pageSize || after === undefined) return { count };
  }
}
