import type { MailboxPattern } from './mailbox-pattern.ts';
import { TimeSlice } from './time-slice.ts';
import type { Encoder } from './wire/encoder.ts';

/**
 * The names that some pattern matches. A hostile pattern costs milliseconds for each name, so that other sessions get
 * their turn between two looks. @throws ConnectionLost when the client is gone
 */
export async function matchNames<Name extends string>(
  out: Encoder,
  names: Iterable<Name>,
  patterns: readonly MailboxPattern[],
): Promise<ReadonlySet<Name>> {
  const matched = new Set<Name>();
  const slice = new TimeSlice();
  for (const name of names) {
    for (const pattern of patterns) {
      if (slice.over) {
        await slice.rest();
        await out.flush();
      }
      if (!pattern.matches(name)) continue;
      matched.add(name);
      break;
    }
  }
  return matched;
}
