import type { Account, CheckStep, Finding } from '../store/api.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface VerifyInput {
  /** One account; the whole store when undefined. */
  readonly address?: string | undefined;
  readonly repair: boolean;
}
export interface VerifyProgress {
  readonly messages: number;
  readonly bytes: number;
  readonly messagesExpected: number;
  /** With whether it was repaired; the account by its address. */
  readonly findings: readonly (Finding & {
    readonly address?: string;
    readonly repaired: boolean;
  })[];
}
export interface Verified {
  readonly accounts: number;
  readonly messages: number;
  readonly bytes: number;
  readonly repaired: number;
  /** What is wrong still. */
  readonly damaged: number;
  /** No damage. */
  readonly garbage: number;
}

/** How often an account is looked at again after a repair: counters may be wrong because of what was repaired. */
const rounds = 3;

/** Holds the store, or one account, against all it promises, beside the running mail. `not-found` */
export async function* verifyStore(
  context: AdminContext,
  input: VerifyInput,
): AsyncGenerator<VerifyProgress, Verified, void> {
  const only = input.address === undefined ? undefined : await findAccount(context, input.address);
  const verifier = new Verifier(context, input.repair);
  if (only === undefined) {
    for await (const { id } of allAccounts(context)) await verifier.expect(id);
    yield* verifier.steps(context.mail.upkeep.checkStore());
  } else await verifier.expect(only.id);
  for await (const account of only === undefined ? allAccounts(context) : [only]) {
    yield* verifier.account(account);
  }
  const { result } = verifier;
  if (result.repaired > 0) {
    const detail = { repaired: result.repaired, damaged: result.damaged };
    await context.audit.append({ actor: context.actor, action: 'store.repair', detail }, only?.id);
  }
  return result;
}

class Verifier {
  readonly #context: AdminContext;
  readonly #repair: boolean;
  readonly #count = { accounts: 0, messages: 0, bytes: 0, repaired: 0, damaged: 0, garbage: 0 };
  #expected = 0;

  constructor(context: AdminContext, repair: boolean) {
    this.#context = context;
    this.#repair = repair;
  }

  get result(): Verified {
    return { ...this.#count };
  }

  async expect(id: Account['id']): Promise<void> {
    // An account without a head is for the check to find.
    const quota = await this.#context.mailboxes.quota(id).catch(() => undefined);
    this.#expected += quota?.usedMessages ?? 0;
  }

  async *account(account: Account): AsyncGenerator<VerifyProgress, void, void> {
    this.#count.accounts++;
    for (let round = 1; round <= rounds; round++) {
      const before = this.#count.repaired;
      const { messages, bytes, damaged } = this.#count;
      const steps = this.#context.mail.upkeep.checkAccount(account.id);
      yield* this.steps(orMissing(steps), account.canonical);
      if (this.#count.repaired === before || round === rounds) return;
      // What was repaired is looked at again; it is one account still.
      Object.assign(this.#count, { messages, bytes, damaged });
    }
  }

  async *steps(
    steps: AsyncIterable<CheckStep>,
    address?: string,
  ): AsyncGenerator<VerifyProgress, void, void> {
    const mended = new Set<string>();
    for await (const step of steps) {
      this.#count.messages += step.messages;
      this.#count.bytes += step.bytes;
      const findings = [];
      for (const finding of step.findings) {
        const repaired = await this.#mend(finding, mended);
        if (finding.kind === 'garbage') this.#count.garbage++;
        else if (repaired) this.#count.repaired++;
        else this.#count.damaged++;
        findings.push({ ...finding, repaired, ...(address !== undefined && { address }) });
      }
      const { messages, bytes } = this.#count;
      yield { messages, bytes, messagesExpected: this.#expected, findings };
    }
  }

  /** One repair of the counters is for all that is wrong with them. */
  async #mend(finding: Finding, mended: Set<string>): Promise<boolean> {
    if (!this.#repair || !finding.repairable) return false;
    const whole = ['counters', 'uid', 'modseq', 'account', 'projection'].includes(finding.kind);
    const key = `${whole ? 'whole' : finding.kind} ${finding.account ?? ''} ${finding.projection ?? ''} ${whole ? '' : (finding.email ?? '')}`;
    if (mended.has(key)) return true;
    const done = await this.#context.mail.upkeep.repair(finding);
    if (done) mended.add(key);
    return done;
  }
}

/** An account without a head was found by the look at the store. */
async function* orMissing(steps: AsyncIterable<CheckStep>): AsyncGenerator<CheckStep, void, void> {
  try {
    yield* steps;
  } catch (error) {
    if ((error as { failure?: unknown }).failure !== 'not-found') throw error;
  }
}

async function* allAccounts({ accounts }: AdminContext): AsyncGenerator<Account, void, void> {
  const limit = 200;
  for (let after: string | undefined; ;) {
    const page = await accounts.list({ limit, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.canonical;
    if (after === undefined || page.length < limit) return;
  }
}
