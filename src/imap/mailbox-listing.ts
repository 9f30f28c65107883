import { hierarchyDelimiter, type MailboxName } from '../core/values.ts';
import type { Mailbox } from '../store/api.ts';

/** What a mailbox must be to be listed, RFC 9051 §6.3.9.1. With none of them it need only exist. */
export type Selection = 'SUBSCRIBED' | 'SPECIAL-USE';

export interface ListingQuery {
  /** Those of `listableNames` that a pattern matches. */
  readonly matched: ReadonlySet<MailboxName>;
  readonly selection: readonly Selection[];
  /** RECURSIVEMATCH: also what has such mailboxes below it that are not listed themselves. */
  readonly recursive: boolean;
}

/** One line of LIST. */
export interface Listed {
  readonly name: MailboxName;
  /** Undefined for a name that is subscribed, or has mailboxes below it, and does not exist. */
  readonly mailbox: Mailbox | undefined;
  readonly subscribed: boolean;
  readonly hasChildren: boolean;
  /** The selection of mailboxes below it, for CHILDINFO; undefined when it is not to be told. */
  readonly childInfo: readonly Selection[] | undefined;
}

/** Every name that LIST or LSUB may answer: what exists, what is subscribed, and what lies above either. */
export function listableNames(
  mailboxes: readonly Mailbox[],
  subscriptions: ReadonlySet<MailboxName>,
): ReadonlySet<MailboxName> {
  const names = new Set([...mailboxes.map((mailbox) => mailbox.name), ...subscriptions]);
  return new Set([...names, ...superiorsOf(names)]);
}

/**
 * What LIST answers, in order of name. RFC 9051 §6.3.9: a line is for a name that a pattern matches, once, whichever
 * patterns do.
 */
export function* listMailboxes(
  mailboxes: readonly Mailbox[],
  subscriptions: ReadonlySet<MailboxName>,
  query: ListingQuery,
): Generator<Listed> {
  const existing = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]));
  const withChildren = superiorsOf(existing.keys());
  const meets = selector(existing, subscriptions, query.selection);
  const matches = (name: MailboxName): boolean => query.matched.has(name);

  // Names whose mailbox is of the selection; below a superior that is listed they may show as CHILDINFO.
  const names = new Set<MailboxName>(existing.keys());
  if (query.selection.includes('SUBSCRIBED')) for (const name of subscriptions) names.add(name);
  const selected = [...names].filter(meets);
  const above = query.recursive ? superiorsOf(selected) : none;
  const aboveHidden = query.recursive
    ? superiorsOf(selected.filter((name) => !matches(name)))
    : none;

  // A superior need not exist itself. The store makes superiors, but a subscription may name anything.
  for (const name of query.selection.length === 0 ? withChildren : aboveHidden) names.add(name);

  for (const name of [...names].sort(byName)) {
    const isSelected = meets(name) || (query.selection.length === 0 && withChildren.has(name));
    if (!isSelected && !aboveHidden.has(name)) continue;
    if (!matches(name)) continue;
    yield {
      name,
      mailbox: existing.get(name),
      subscribed: subscriptions.has(name),
      hasChildren: withChildren.has(name),
      childInfo: above.has(name) ? query.selection : undefined,
    };
  }
}

/** What LSUB answers: subscribed names, and with "%" the superiors of others, RFC 3501 §6.3.9. */
export function* listSubscriptions(
  subscriptions: ReadonlySet<MailboxName>,
  matched: ReadonlySet<MailboxName>,
): Generator<{ readonly name: MailboxName; readonly subscribed: boolean }> {
  const hidden = [...subscriptions].filter((name) => !matched.has(name));
  const names = new Set([...subscriptions, ...superiorsOf(hidden)]);
  for (const name of [...names].sort(byName)) {
    if (matched.has(name)) yield { name, subscribed: subscriptions.has(name) };
  }
}

function selector(
  existing: ReadonlyMap<MailboxName, Mailbox>,
  subscriptions: ReadonlySet<MailboxName>,
  selection: readonly Selection[],
): (name: MailboxName) => boolean {
  const subscribed = selection.includes('SUBSCRIBED');
  const specialUse = selection.includes('SPECIAL-USE');
  if (!subscribed && !specialUse) return (name) => existing.has(name);
  return (name) =>
    (!subscribed || subscriptions.has(name)) &&
    (!specialUse || existing.get(name)?.specialUse !== undefined);
}

function superiorsOf(names: Iterable<MailboxName>): ReadonlySet<MailboxName> {
  const superiors = new Set<MailboxName>();
  for (const name of names) {
    let end = name.lastIndexOf(hierarchyDelimiter);
    while (end > 0) {
      const superior = name.slice(0, end) as MailboxName;
      // Its own superiors are there already.
      if (superiors.has(superior)) break;
      superiors.add(superior);
      end = superior.lastIndexOf(hierarchyDelimiter);
    }
  }
  return superiors;
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const none: ReadonlySet<MailboxName> = new Set();
