import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { decodeXtext } from '../core/xtext.ts';
import type { EnvelopeRecipient, OutboxEntry, StoredContent } from '../store/api.ts';
import { returnPathBytes } from './return-path.ts';

export interface RelayHostOptions {
  readonly host: string;
  readonly port: number;
  /** `starttls` and `implicit` check the certificate, `opportunistic` takes what there is. */
  readonly tls: 'starttls' | 'implicit' | 'opportunistic' | 'none';
  readonly user?: string;
  readonly password?: string;
  /** What we call ourselves in EHLO. */
  readonly hostname: string;
  /** The certificate authority of a relay that has its own, PEM. */
  readonly ca?: string;
}

/** What became of one recipient. */
export type RelayOutcome =
  | {
      readonly status: 'sent';
      /** The relay took NOTIFY: success is for it to tell. Else it is for us to say `relayed`. RFC 3461 §5.2.2. */
      readonly reportsSuccess: boolean;
    }
  | {
      readonly status: 'refused' | 'deferred';
      /** The relay's reply; undefined when there was none. */
      readonly reply: string | undefined;
    };

/** The host that takes letters for other domains. */
export interface RelayHost {
  /** An outcome for each recipient, in order. Does not reject. Gives up after `timeoutMs`. */
  send(
    entry: OutboxEntry,
    recipients: readonly EnvelopeRecipient[],
    timeoutMs: number,
  ): Promise<readonly RelayOutcome[]>;
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly response?: string;
  readonly responseCode?: number;
  readonly recipient?: string;
}

const pieceBytes = 64 * 1024;
/** Enough for a Return-Path: a path has 256 octets, RFC 5321 §4.5.3.1.3, or some more in UTF-8. */
const headBytes = 1024;

/** A relay reached with nodemailer's SMTP client: one connection for each letter. */
export class SmtpRelayHost implements RelayHost {
  readonly #options: RelayHostOptions;

  constructor(options: RelayHostOptions) {
    this.#options = options;
  }

  async send(
    entry: OutboxEntry,
    recipients: readonly EnvelopeRecipient[],
    timeoutMs: number,
  ): Promise<readonly RelayOutcome[]> {
    const connection = this.#connection();
    const timer = setTimeout(() => {
      connection.close();
    }, timeoutMs);
    const outcomes = new Map<EnvelopeRecipient, RelayOutcome>();
    try {
      const lost = connectionLost(connection);
      await this.#open(connection, lost);
      // NOTIFY and ORCPT hold for one recipient, and the client knows them for a whole letter only.
      for (const group of groupsOf(recipients)) {
        await sendTo(connection, lost, entry, group, outcomes);
      }
      connection.quit();
    } catch (error) {
      const outcome = outcomeOf(error as SmtpError);
      for (const recipient of recipients) {
        if (!outcomes.has(recipient)) outcomes.set(recipient, outcome);
      }
      connection.close();
    } finally {
      clearTimeout(timer);
    }
    return recipients.map((recipient) => outcomes.get(recipient) ?? deferred);
  }

  #connection(): SMTPConnection {
    const { host, port, tls, hostname, ca } = this.#options;
    const checked = tls === 'starttls' || tls === 'implicit';
    return new SMTPConnection({
      host,
      port,
      name: hostname,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      opportunisticTLS: tls === 'opportunistic',
      tls: { rejectUnauthorized: checked, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
      // RFC 5321 §4.5.3.2: 5 minutes for the greeting and for a command, 10 behind the final dot.
      connectionTimeout: 60_000,
      greetingTimeout: 5 * 60_000,
      socketTimeout: 10 * 60_000,
    });
  }

  async #open(connection: SMTPConnection, lost: Promise<never>): Promise<void> {
    const { user, password } = this.#options;
    const connected = new Promise<void>((resolve) => {
      connection.connect(() => {
        resolve();
      });
    });
    await Promise.race([connected, lost]);
    if (user === undefined || password === undefined) return;
    const loggedIn = new Promise<void>((resolve, reject) => {
      connection.login({ user, pass: password }, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    await Promise.race([loggedIn, lost]);
  }
}

/** Rejects when the connection ends, whatever was asked of it: callbacks alone do not always come. */
function connectionLost(connection: SMTPConnection): Promise<never> {
  const lost = new Promise<never>((_, reject) => {
    connection.on('error', reject);
    connection.on('end', () => {
      reject(new Error('The relay closed the connection'));
    });
  });
  // After QUIT nobody waits for it any more.
  lost.catch(() => undefined);
  return lost;
}

const deferred: RelayOutcome = { status: 'deferred', reply: undefined };

/** Recipients whose DSN parameters are the same. */
function groupsOf(recipients: readonly EnvelopeRecipient[]): readonly EnvelopeRecipient[][] {
  const groups = new Map<string, EnvelopeRecipient[]>();
  for (const recipient of recipients) {
    const key = JSON.stringify([recipient.notify, recipient.originalRecipient]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [recipient]);
    else group.push(recipient);
  }
  return [...groups.values()];
}

async function sendTo(
  connection: SMTPConnection,
  lost: Promise<never>,
  entry: OutboxEntry,
  group: readonly EnvelopeRecipient[],
  outcomes: Map<EnvelopeRecipient, RelayOutcome>,
): Promise<void> {
  const [first] = group;
  const start = returnPathBytes(Buffer.from(await entry.content.read(0, headBytes)));
  const message = Readable.from(piecesOf(entry.content, start), { objectMode: false });
  const envelope: SMTPConnection.Envelope = {
    from: entry.reversePath === '' ? false : entry.reversePath,
    to: group.map(({ forwardPath }) => forwardPath),
    size: entry.content.sizeBytes - start,
    use8BitMime: true,
    dsn: {
      ret: entry.returnContent as 'HDRS' | undefined,
      envid: entry.envelopeId && decodeXtext(entry.envelopeId),
      notify: first?.notify as SMTPConnection.DSNOption[] | undefined,
      orcpt: originalRecipient(first?.originalRecipient),
    },
  };
  let rejected: readonly SmtpError[] = [];
  let refusal: SmtpError | undefined;
  try {
    const sent = new Promise<SMTPConnection.SentMessageInfo>((resolve, reject) => {
      connection.send(envelope, message, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
    const info = await Promise.race([sent, lost]);
    rejected = (info.rejectedErrors ?? []) as readonly SmtpError[];
  } catch (error) {
    refusal = error as SmtpError;
    rejected = (refusal as { rejectedErrors?: readonly SmtpError[] }).rejectedErrors ?? [];
    // Without a reply the connection is of no more use.
    if (refusal.responseCode === undefined) throw refusal;
  } finally {
    message.destroy();
  }
  const rejections = new Map(rejected.map((error) => [error.recipient, error]));
  const sent: RelayOutcome = { status: 'sent', reportsSuccess: offersDsn(connection) };
  for (const recipient of group) {
    const error = rejections.get(recipient.forwardPath) ?? refusal;
    outcomes.set(recipient, error === undefined ? sent : outcomeOf(error));
  }
}

/** Whether the relay's EHLO had DSN; the client has no public word for it. */
function offersDsn(connection: SMTPConnection): boolean {
  const { _supportedExtensions } = connection as unknown as {
    readonly _supportedExtensions?: readonly string[];
  };
  return _supportedExtensions?.includes('DSN') ?? true;
}

/** A reply of 5yz is final, but for logging in and for the connection itself: that is for the operator to mend. */
function outcomeOf({ responseCode, code, response, message }: SmtpError): RelayOutcome {
  const aboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (aboutMail && responseCode === undefined) {
    // The client looked at SIZE and at the addresses itself.
    return { status: 'refused', reply: `554 5.6.0 ${message}` };
  }
  const final = aboutMail && (responseCode ?? 0) >= 500;
  return { status: final ? 'refused' : 'deferred', reply: response ?? message };
}

/** ORCPT was kept as received; the client encodes it again. */
function originalRecipient(received: string | undefined): string | undefined {
  if (received === undefined) return undefined;
  const semicolon = received.indexOf(';');
  const address = decodeXtext(received.slice(semicolon + 1));
  return address === undefined ? undefined : `${received.slice(0, semicolon)};${address}`;
}

async function* piecesOf(content: StoredContent, start: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < content.sizeBytes; at += pieceBytes) {
    yield await content.read(at, pieceBytes);
  }
}
