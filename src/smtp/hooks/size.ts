import { pass, refuse, type SmtpHook } from '../hook.ts';

/** Refuses a message whose declared SIZE is above the limit, before it is sent. RFC 1870 §6.1. */
export function size(maxBytes: number): SmtpHook {
  return {
    name: 'size',
    phase: 'mail',
    check: ({ parameters }) =>
      (parameters.declaredSizeBytes ?? 0) <= maxBytes
        ? pass
        : refuse(552, '3.4', 'Message is bigger than SIZE allows'),
  };
}
