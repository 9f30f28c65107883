import type { Route } from '../delivery/api.ts';
import type { Account } from '../store/api.ts';
import type { MessageIntake } from './message-intake.ts';
import type { Path } from './path.ts';
import type { SmtpProfile } from './options.ts';

/** Who is at the other end, as far as a message cares. */
export interface ClientFacts {
  readonly profile: SmtpProfile;
  /** IP address, after PROXY or XCLIENT. */
  readonly peer: string;
  /** As the client said it in HELO, EHLO or LHLO. */
  readonly hello: string;
  /** False after HELO. */
  readonly extended: boolean;
  /** The cipher suite in RFC 8446 or IANA spelling; undefined without TLS. */
  readonly cipher: string | undefined;
  /** Who logged in. */
  readonly account: Account | undefined;
}

/** The parameters of MAIL. */
export interface MailParameters {
  /** SIZE, RFC 1870 §6.1. */
  readonly declaredSizeBytes: number | undefined;
  readonly smtpUtf8: boolean;
  /** RET and ENVID as received, RFC 3461 §4.3 and §4.4. */
  readonly returnContent: 'FULL' | 'HDRS' | undefined;
  readonly envelopeId: string | undefined;
}

/** One accepted RCPT. */
export interface TransactionRecipient {
  readonly path: Path;
  readonly route: Route;
  /** NOTIFY and ORCPT as received, RFC 3461 §4.1 and §4.2. */
  readonly notify: readonly string[] | undefined;
  readonly originalRecipient: string | undefined;
}

/** One mail transaction: from MAIL to the end of the data, RSET or EHLO. RFC 5321 §3.3. */
export class MailTransaction {
  /** In the log, in the Received field and in the reply to the data. */
  readonly id: string;
  readonly client: ClientFacts;
  readonly reversePath: Path;
  readonly parameters: MailParameters;
  readonly recipients: TransactionRecipient[] = [];
  /** Set once the first octets of the message are expected. */
  intake: MessageIntake | undefined;
  /** BDAT was used: DATA may not follow. RFC 3030 §2. */
  chunked = false;

  constructor(id: string, client: ClientFacts, reversePath: Path, parameters: MailParameters) {
    this.id = id;
    this.client = client;
    this.reversePath = reversePath;
    this.parameters = parameters;
  }
}
