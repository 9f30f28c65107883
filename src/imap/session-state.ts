import type { UidRanges } from '../core/uid-set.ts';
import type { Account } from '../store/api.ts';
import type { SelectedMailbox } from './selected.ts';

/** What a client may ENABLE, RFC 9051 §6.3.1; CONDSTORE and QRESYNC of RFC 7162, UTF8=ACCEPT of RFC 9755. */
export const enableable = ['CONDSTORE', 'QRESYNC', 'UTF8=ACCEPT', 'IMAP4rev2'] as const;
export type Enableable = (typeof enableable)[number];

/** RFC 9051 §3. */
export type Phase = 'not-authenticated' | 'authenticated' | 'selected' | 'logout';

/** What one session knows about itself; no input and no output. */
export class SessionState {
  readonly enabled = new Set<Enableable>();
  account: Account | undefined;
  /** The mailbox that SELECT or EXAMINE opened. */
  selected: SelectedMailbox | undefined;
  /** `$`, RFC 9051 §6.4.4.1: UIDs, empty after SELECT and when a SEARCH fails. */
  savedResult: UidRanges = [];
  /** LOGOUT was said, or the server is about to hang up. */
  loggedOut = false;

  get phase(): Phase {
    if (this.loggedOut) return 'logout';
    if (this.account === undefined) return 'not-authenticated';
    return this.selected === undefined ? 'authenticated' : 'selected';
  }

  /** Whether names and strings travel as UTF-8. RFC 9051 §5.1, RFC 9755 §3. */
  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT') || this.enabled.has('IMAP4rev2');
  }

  /** No RECENT, no UNSEEN in SELECT; ESEARCH and LIST where revision 1 has its own. RFC 9051 Appendix E. */
  get rev2(): boolean {
    return this.enabled.has('IMAP4rev2');
  }

  /** From then on each FETCH response with FLAGS carries MODSEQ. RFC 7162 §3.1. */
  get condstore(): boolean {
    return this.enabled.has('CONDSTORE') || this.enabled.has('QRESYNC');
  }

  /** VANISHED in place of EXPUNGE. RFC 7162 §3.2. */
  get qresync(): boolean {
    return this.enabled.has('QRESYNC');
  }
}
