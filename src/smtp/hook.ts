import type { Route } from '../delivery/api.ts';
import type { HeaderFacts } from './message-intake.ts';
import type { Path } from './path.ts';
import { reply, type EnhancedDetail, type Reply, type ReplyCode } from './reply.ts';
import type { MailTransaction } from './transaction.ts';

/** What a hook says: go on, or the reply that refuses. */
export type Verdict = 'pass' | Reply;
export const pass: Verdict = 'pass';

/** Refuses with this reply. */
export function refuse(code: ReplyCode, detail: EnhancedDetail, text: string): Verdict {
  return reply(code, detail, text);
}

type Check<Facts extends readonly unknown[]> = (
  transaction: MailTransaction,
  ...facts: Facts
) => Verdict | Promise<Verdict>;

/**
 * One policy check. Hooks keep no state between messages and run in the order they are listed; the first that refuses
 * answers. `mail` and `rcpt` run before the command is accepted, `message` when all octets are there and before any
 * of them is delivered. A check that need not wait answers at once, without a promise.
 */
export type SmtpHook =
  | { readonly name: string; readonly phase: 'mail'; readonly check: Check<[]> }
  | { readonly name: string; readonly phase: 'rcpt'; readonly check: Check<[Path, Route]> }
  | { readonly name: string; readonly phase: 'message'; readonly check: Check<[HeaderFacts]> };

/** The hooks of each phase, in their order. */
export class HookChain {
  readonly mail: readonly Check<[]>[];
  readonly rcpt: readonly Check<[Path, Route]>[];
  readonly message: readonly Check<[HeaderFacts]>[];

  constructor(hooks: readonly SmtpHook[]) {
    this.mail = hooks.flatMap((hook) => (hook.phase === 'mail' ? [hook.check] : []));
    this.rcpt = hooks.flatMap((hook) => (hook.phase === 'rcpt' ? [hook.check] : []));
    this.message = hooks.flatMap((hook) => (hook.phase === 'message' ? [hook.check] : []));
  }
}

/** Runs the checks one after the other, without a promise as long as none of them needs one. */
export function runChecks<Facts extends readonly unknown[]>(
  checks: readonly Check<Facts>[],
  transaction: MailTransaction,
  ...facts: Facts
): Verdict | Promise<Verdict> {
  for (const [i, check] of checks.entries()) {
    const verdict = check(transaction, ...facts);
    if (verdict === pass) continue;
    if (typeof verdict === 'string') return verdict;
    return verdict.then((late) =>
      late === pass ? runChecks(checks.slice(i + 1), transaction, ...facts) : late,
    );
  }
  return pass;
}
