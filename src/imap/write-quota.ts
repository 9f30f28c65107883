import type { Quota } from '../store/api.ts';
import type { Encoder } from './wire/encoder.ts';

/** STORAGE counts in these, RFC 9208 §5.1. */
const unitBytes = 1024;

/** Whether the account is limited at all. */
export function hasQuota({ limits }: Quota): boolean {
  return limits.bytes !== undefined || limits.messages !== undefined;
}

/** `* QUOTA "" (STORAGE used limit MESSAGE used limit)`; a resource without a limit is not named. RFC 9208 §5. */
export function writeQuota(out: Encoder, quota: Quota): void {
  const { limits, usedBytes, usedMessages } = quota;
  const resources: string[] = [];
  if (limits.bytes !== undefined) {
    // Rounded so that the limit is never reached later than shown.
    const used = Math.ceil(usedBytes / unitBytes);
    resources.push(`STORAGE ${used} ${Math.floor(limits.bytes / unitBytes)}`);
  }
  if (limits.messages !== undefined) resources.push(`MESSAGE ${usedMessages} ${limits.messages}`);
  out.untagged(`QUOTA "" (${resources.join(' ')})`);
}
