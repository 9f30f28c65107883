import type { Socket } from 'node:net';
import type { LoginContext } from '../account/api.ts';
import { peerNetwork } from '../core/peer-network.ts';
import { readProxyHeader } from '../core/proxy-header.ts';
import { unmapped } from '../core/networks.ts';
import type { AccountId } from '../core/values.ts';
import type { DeliveryResult } from '../delivery/api.ts';
import type { Account } from '../store/api.ts';
import type { Log } from '../core/log.ts';
import type { Answer } from './command.ts';
import { findCommand } from './commands/table.ts';
import { deliverMessage } from './deliver-message.ts';
import { InputQueue, type BadLine } from './input-queue.ts';
import { MessageIntake } from './message-intake.ts';
import { ChunkReader, DataReader, type MessageReader } from './message-reader.ts';
import { bareReply, isPermanent, isRefusal, reply, replyForError, type Reply } from './reply.ts';
import type { SmtpSettings } from './settings.ts';
import { missingFields } from './submission-fields.ts';
import { traceFields } from './trace.ts';
import { Transport } from './transport.ts';
import type { ClientFacts, MailTransaction } from './transaction.ts';

const stopping = reply(421, '3.2', 'Server is going down, try again later');
const accountEnded = reply(421, '7.0', 'Your account was suspended or closed');
const timedOut = reply(421, '4.2', 'Timeout, closing the connection');
const tooManyErrors = reply(421, '7.0', 'Too many errors');
const tooManyConnections = reply(421, '7.0', 'Too many connections, try again later');
const spokeFirst = reply(554, '5.0', 'You spoke before the greeting');
const unknownCommand = reply(500, '5.2', 'Command is not known here');
const badLines = {
  'too-long': reply(500, '5.2', 'Line is too long'),
  'bare-line-feed': reply(500, '5.2', 'A line ends with CRLF'),
  'not-text': reply(500, '5.2', 'Not a line of text'),
  endless: tooManyErrors,
} as const satisfies Record<BadLine, Reply>;

/** Methods of HTTP: a web page made somebody's browser talk to us. */
const httpRequest = /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI) \S+ HTTP\/\d/;

/** What the next octets from the client are. */
type Expecting = 'proxy' | 'handshake' | 'silence' | 'lines' | 'message' | 'nothing';

/**
 * One connection: SMTP, submission or LMTP by its listener's profile. Input is worked on synchronously as it comes;
 * only what must wait (a look-up, the store) waits, and then the input behind it is kept, in order and bounded. All
 * replies to input that came together go out together (RFC 2920 §3.2).
 */
export class SmtpSession {
  readonly settings: SmtpSettings;
  readonly id: string;
  readonly log: Log;
  /** Called once, when the connection is gone. */
  readonly #onClosed: (session: SmtpSession) => void;

  readonly #transport: Transport;
  readonly #input: InputQueue;
  #peer: string;
  #hello: { readonly name: string; readonly extended: boolean } | undefined;
  #account: Account | undefined;
  #client: ClientFacts | undefined;
  #leave: (() => void) | undefined;

  #expecting: Expecting = 'silence';
  #inputEnded = false;
  #busy = false;
  #working = false;
  #output = '';
  #afterFlush: (() => void) | undefined;
  #onLine: ((line: string) => Answer | Promise<Answer>) | undefined;

  #transaction: MailTransaction | undefined;
  #reader: MessageReader | undefined;
  #dataDeadline = 0;
  /** When the line that has begun must be whole. */
  #lineDeadline: number | undefined;
  /** The last delivery, until the client shows that it got the reply. */
  #unconfirmed: DeliveryResult | undefined;
  #replied = false;

  #errors = 0;
  #messages = 0;
  #loginFailures = 0;
  #unknownRecipients = 0;
  /** What is said when the work in progress is done. */
  #ending: Reply | undefined;
  #closed = false;

  constructor(
    settings: SmtpSettings,
    socket: Socket,
    id: string,
    onClosed: (session: SmtpSession) => void,
  ) {
    this.settings = settings;
    this.id = id;
    this.log = settings.log.with({ conn: id });
    this.#onClosed = onClosed;
    this.#input = new InputQueue(settings.limits.discardBytes);
    this.#transport = new Transport(
      socket,
      {
        received: (chunk) => {
          this.#receive(chunk);
        },
        ended: () => {
          this.#inputEnded = true;
          this.#endWhenDone();
        },
        timedOut: () => {
          this.#timeout();
        },
        drained: () => {
          this.#work();
        },
        closed: () => {
          this.#gone();
        },
      },
      this.log,
    );
    this.#peer = this.#transport.remoteAddress;
  }

  // -------------------------------------------------------------- what commands see

  /** Who is at the other end; RFC 5321 §4.1.4 allows transactions after HELO, EHLO or LHLO. */
  get client(): ClientFacts | undefined {
    const hello = this.#hello;
    if (hello === undefined) return undefined;
    this.#client ??= {
      profile: this.settings.profile,
      peer: this.#peer,
      hello: hello.name,
      extended: hello.extended,
      cipher: this.#transport.cipher,
      account: this.#account,
    };
    return this.#client;
  }

  get account(): Account | undefined {
    return this.#account;
  }

  get secure(): boolean {
    return this.#transport.cipher !== undefined;
  }

  get canStartTls(): boolean {
    return this.settings.tls === 'starttls' && !this.secure;
  }

  /** A password may be sent now: TLS is on, or the client's network needs none. */
  get mayLogIn(): boolean {
    return this.secure || this.settings.cleartextLogin.contains(this.#peer);
  }

  get mayXclient(): boolean {
    return this.settings.xclients.contains(this.#transport.remoteAddress);
  }

  get loginContext(): LoginContext {
    return { peer: this.#peer, protocol: 'submission', connection: this.id };
  }

  get transaction(): MailTransaction | undefined {
    return this.#transaction;
  }

  /** True when the client sent more than the command at hand: it did not wait for the answer. */
  get hasMoreInput(): boolean {
    return this.#input.bytes > 0 || this.#transport.waitingBytes > 0;
  }

  /** HELO, EHLO or LHLO: also ends a transaction, RFC 5321 §4.1.4. */
  introduce(name: string, extended: boolean): void {
    this.resetTransaction();
    this.#hello = { name, extended };
    this.#client = undefined;
  }

  /** An identifier for the next transaction, or undefined when the connection had as many as it may. */
  nextTransactionId(): string | undefined {
    if (this.#messages >= this.settings.limits.messages) return undefined;
    return `${this.id}.${this.#messages + 1}`;
  }

  begin(transaction: MailTransaction): void {
    this.#messages += 1;
    this.#transaction = transaction;
  }

  /** Ends the transaction without delivery. */
  resetTransaction(): void {
    const intake = this.#transaction?.intake;
    this.#transaction = undefined;
    if (intake !== undefined) this.#unattended(intake.abort(), 'content-abort-failed');
  }

  signIn(account: Account): void {
    this.#account = account;
    this.#client = undefined;
  }

  /** Counts a refused login; the reply becomes the last one when there were too many. */
  loginFailed(answer: Reply): Reply | undefined {
    this.#loginFailures += 1;
    if (this.#loginFailures < this.settings.limits.loginAttempts) return answer;
    this.hangUp(answer, reply(421, '7.0', 'Too many failed logins'));
    return undefined;
  }

  /** Counts an unknown recipient; past the limit the answer is slow, so that addresses cannot be harvested quickly. */
  unknownRecipient(answer: Reply): Reply | Promise<Reply> {
    this.#unknownRecipients += 1;
    const { limits, timeouts } = this.settings;
    if (this.#unknownRecipients <= limits.unknownRecipients) return answer;
    return new Promise((resolve) => {
      setTimeout(resolve, timeouts.unknownRecipientDelayMs, answer).unref();
    });
  }

  /** The next line is `take`'s, not a command. */
  askLine(take: (line: string) => Answer | Promise<Answer>): void {
    this.#onLine = take;
  }

  /** What follows is the message, up to CRLF.CRLF. */
  receiveData(transaction: MailTransaction): void {
    transaction.intake = this.#newIntake(transaction);
    this.#startDataClock();
    this.#read(new DataReader());
  }

  /** What follows are `size` octets of the message, or of nothing when there is a refusal. RFC 3030 §2. */
  receiveChunk(size: number, last: boolean, refusal: Reply | undefined): void {
    const transaction = this.#transaction;
    // The time for the whole message begins with its first chunk; one that is thrown away has it for itself.
    if (transaction?.intake === undefined) this.#startDataClock();
    if (refusal === undefined && transaction !== undefined) {
      transaction.intake ??= this.#newIntake(transaction);
    }
    this.#read(new ChunkReader(size, last, refusal));
  }

  /** Says these replies and closes. */
  hangUp(...answers: readonly Reply[]): void {
    if (this.#closed || this.#expecting === 'nothing') return;
    this.resetTransaction();
    for (const answer of answers) this.#output += answer;
    this.#expecting = 'nothing';
    this.#input.clear();
    this.#flush();
    this.#transport.close(this.settings.timeouts.lingerMs);
  }

  /** Answers `ready` and begins TLS. RFC 3207 §4.2: nothing of what was said before counts afterwards. */
  startTls(ready: Reply): void {
    this.#forget();
    this.#output += ready;
    this.#expecting = 'handshake';
    this.#afterFlush = () => {
      this.#secure(undefined, () => {
        this.#expecting = 'lines';
        this.#awaitCommand();
      });
    };
  }

  /** The client is somebody else, says a peer we trust. Resolves false when that one has too many connections. */
  async becomePeer(address: string | undefined, hello: string | undefined): Promise<boolean> {
    this.#forget();
    if (hello !== undefined) this.#hello = { name: hello, extended: true };
    if (address === undefined) return true;
    this.#peer = unmapped(address);
    return this.#enter();
  }

  /** The line that the server says first. RFC 5321 §4.3.1. */
  greeting(): Reply {
    const protocol = this.settings.profile === 'lmtp' ? 'LMTP' : 'ESMTP';
    return bareReply(220, `${this.settings.hostname} ${protocol} Zhashik`);
  }

  // -------------------------------------------------------------- lifetime

  /** Looks who it is and says the greeting. */
  start(): void {
    this.#transport.expectWithin(this.settings.timeouts.handshakeMs);
    if (this.settings.proxies.contains(this.#peer)) {
      this.#expecting = 'proxy';
      return;
    }
    this.#admit(undefined);
  }

  /** Says 421 now, or when the message in progress is delivered. */
  stop(): void {
    this.#ending = stopping;
    if (this.#expecting === 'proxy' || this.#expecting === 'handshake') this.destroy();
    else this.#stopWhenDone();
  }

  /** The same, when the account is logged in here. */
  endFor(account: AccountId): void {
    if (this.#account?.id !== account) return;
    this.#ending = accountEnded;
    this.#stopWhenDone();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#transport.destroy();
  }

  #stopWhenDone(): void {
    if (this.#ending === undefined || this.#busy || this.#transaction !== undefined) return;
    this.hangUp(this.#ending);
  }

  /** `tlsOctets`: what came of the handshake already. */
  #admit(tlsOctets: Buffer | undefined): void {
    const implicit = this.settings.tls === 'implicit';
    this.#expecting = implicit ? 'handshake' : 'silence';
    // The rest of the handshake is for TLS to read.
    if (implicit) this.#transport.pause();
    this.#enter().then(
      (entered) => {
        if (this.#closed) return;
        if (!entered) this.#turnAway();
        else if (implicit) {
          this.#secure(tlsOctets, () => {
            this.#greet();
          });
        } else this.#greet();
      },
      (error: unknown) => {
        this.#broken(error);
      },
    );
  }

  /** Takes a place among the connections of the peer's network, instead of the one it may have had. */
  async #enter(): Promise<boolean> {
    const { parts, limits, profile } = this.settings;
    const key = `${profile} address ${peerNetwork(this.#peer)}`;
    const leave = await parts.sessions.enter(key, limits.connectionsPerAddress);
    if (leave === undefined) return false;
    if (this.#closed) {
      leave();
      return false;
    }
    this.#leave?.();
    this.#leave = leave;
    return true;
  }

  #turnAway(): void {
    this.log.info('connection-refused', { peer: this.#peer, reason: 'address-limit' });
    this.settings.parts.metrics?.connectionRefused(this.settings.name);
    // A TLS client could not read it.
    if (this.settings.tls === 'implicit') {
      this.destroy();
      return;
    }
    // No lingering: those that are turned away must not take the places of all others.
    this.#expecting = 'nothing';
    this.#output += tooManyConnections;
    this.#flush();
    this.#transport.finish();
  }

  /**
   * Says the greeting as soon as it is certain that the client has not spoken first (RFC 5321 §4.3.1): what was under
   * way is read in the turn of the event loop between the two callbacks. Who cannot wait is not a mail server.
   */
  #greet(): void {
    this.#expecting = 'silence';
    setImmediate(() => {
      setImmediate(() => {
        if (this.#closed || this.#expecting !== 'silence') return;
        this.#expecting = 'lines';
        this.#output += this.greeting();
        this.#flush();
        this.#awaitCommand();
      });
    });
  }

  #secure(octets: Buffer | undefined, then: () => void): void {
    const { parts, timeouts } = this.settings;
    if (parts.tls === undefined) throw new TypeError('TLS without a certificate');
    this.#expecting = 'handshake';
    this.#transport.secure(parts.tls, octets, timeouts.handshakeMs, then);
  }

  /** Nothing that was said counts any more. */
  #forget(): void {
    this.resetTransaction();
    this.#hello = undefined;
    this.#client = undefined;
    this.#account = undefined;
  }

  #timeout(): void {
    if (this.#busy) {
      // It is we who are slow.
      this.#transport.expectAgain();
      return;
    }
    switch (this.#expecting) {
      case 'proxy':
      case 'handshake':
      case 'nothing':
        this.destroy();
        break;
      case 'silence':
      case 'lines':
      case 'message':
        this.hangUp(timedOut);
    }
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#expecting = 'nothing';
    this.#input.clear();
    this.resetTransaction();
    this.#leave?.();
    this.#onClosed(this);
  }

  #broken(error: unknown): void {
    this.log.error('session-failed', { err: error });
    this.hangUp(reply(421, '3.0', 'Internal error'));
  }

  #unattended(work: Promise<void>, event: string): void {
    work.catch((error: unknown) => {
      this.log.error(event, { err: error });
    });
  }

  // -------------------------------------------------------------- input

  #receive(chunk: Buffer): void {
    switch (this.#expecting) {
      case 'nothing':
      case 'handshake':
        return;
      case 'proxy':
        this.#receiveProxyHeader(chunk);
        return;
      case 'silence':
        this.log.info('connection-refused', { peer: this.#peer, reason: 'spoke-first' });
        this.hangUp(spokeFirst);
        return;
      case 'lines':
      case 'message':
        break;
    }
    if (this.#replied) this.#confirm();
    this.#input.push(chunk);
    this.#work();
    if (this.#input.bytes > this.settings.limits.pipelinedBytes) this.#transport.pause();
  }

  /**
   * The client spoke after it was given the reply to the data, so it has it. What it had sent before that was read
   * while the delivery ran.
   */
  #confirm(): void {
    this.#unconfirmed?.confirm();
    this.#unconfirmed = undefined;
    this.#replied = false;
  }

  #receiveProxyHeader(chunk: Buffer): void {
    const octets = Buffer.concat([...this.#input.drain(), chunk]);
    const header = readProxyHeader(octets);
    if (header.kind === 'incomplete') {
      this.#input.push(octets);
      return;
    }
    if (header.kind === 'invalid') {
      this.log.warn('connection-refused', { peer: this.#peer, reason: 'proxy-header' });
      this.destroy();
      return;
    }
    if (header.peer !== undefined) this.#peer = header.peer;
    const rest = octets.subarray(header.length);
    if (rest.length > 0 && this.settings.tls !== 'implicit') {
      this.hangUp(spokeFirst);
      return;
    }
    this.#admit(rest);
  }

  /** Works on the input until it is used up or something must wait. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    try {
      while (!this.#busy && this.#step()) this.#writeWhenMuch();
    } catch (error) {
      this.#broken(error);
    }
    this.#working = false;
    if (this.#busy) return;
    this.#stopWhenDone();
    this.#flush();
    if (this.#input.bytes <= this.settings.limits.pipelinedBytes) this.#transport.resume();
    this.#endWhenDone();
  }

  /** One piece of input; false when there is none, or the client must first read what it was told. */
  #step(): boolean {
    if (this.#mustRead()) return false;
    switch (this.#expecting) {
      case 'lines':
        return this.#takeLine();
      case 'message':
        return this.#takePiece();
      case 'proxy':
      case 'handshake':
      case 'silence':
      case 'nothing':
        return false;
    }
  }

  #mustRead(): boolean {
    return this.#transport.unreadBytes > this.settings.limits.unreadReplyBytes;
  }

  /** Waits for `outcome` when it is a promise; the input stays where it is. */
  #settle(outcome: Answer | Promise<Answer>, command?: string): void {
    if (outcome === undefined || typeof outcome === 'string') {
      this.#answer(outcome);
      this.#count(command, outcome);
      return;
    }
    this.#busy = true;
    outcome.then(
      (answer) => {
        this.#busy = false;
        this.#answer(answer);
        this.#count(command, answer);
        this.#work();
      },
      (error: unknown) => {
        this.#busy = false;
        this.#failed(error);
        this.#work();
      },
    );
  }

  #failed(error: unknown): void {
    const answer = replyForError(error);
    if (answer === internalError) this.log.error('command-failed', { err: error });
    this.#answer(answer);
  }

  #answer(answer: Answer): void {
    if (answer === undefined || this.#expecting === 'nothing') return;
    this.#output += answer;
    if (isPermanent(answer) && clientError.test(answer)) {
      this.#errors += 1;
      if (this.#errors >= this.settings.limits.errors) this.hangUp(tooManyErrors);
    }
  }

  /** The answers to one read are one write, unless they grow past what a client may leave unread. */
  #writeWhenMuch(): void {
    if (this.#output.length > this.settings.limits.unreadReplyBytes) this.#flush();
  }

  #flush(): void {
    if (this.#output !== '') {
      this.#transport.write(this.#output);
      this.#output = '';
      this.#replied = this.#unconfirmed !== undefined;
    }
    const then = this.#afterFlush;
    this.#afterFlush = undefined;
    then?.();
  }

  /** Half-closed by the client: what it sent is still answered. */
  #endWhenDone(): void {
    if (!this.#inputEnded || this.#busy || this.#closed) return;
    if (this.#expecting !== 'nothing') {
      // Replies it has not read yet hold further commands up: `drain` comes back here.
      if (this.#mustRead()) return;
      this.resetTransaction();
      this.#expecting = 'nothing';
      this.#flush();
    }
    this.#transport.finish();
  }

  #awaitCommand(): void {
    this.#transport.expectWithin(this.settings.timeouts.commandMs);
  }

  // -------------------------------------------------------------- lines

  #takeLine(): boolean {
    const line = this.#input.line(this.#maxLineBytes);
    if (line === undefined) {
      this.#watchLine();
      return false;
    }
    this.#lineDeadline = undefined;
    const take = this.#onLine;
    this.#onLine = undefined;
    if (typeof line === 'string') {
      // Whoever is on the way may have taken a lone LF for a part of the command: what is behind it was never meant
      // for one (SMTP smuggling). So does Postfix with smtpd_forbid_bare_newline.
      if (line === 'endless' || line === 'bare-line-feed') this.hangUp(badLines[line]);
      else this.#answer(badLines[line]);
    } else if (take !== undefined) this.#settle(take(line.text));
    else this.#command(line.text);
    return true;
  }

  /** A line has the time of a command, so that one octet now and then does not hold the connection. */
  #watchLine(): void {
    if (!this.#input.lineBegun) return;
    const { parts, timeouts } = this.settings;
    const now = parts.clock.now();
    this.#lineDeadline ??= now + timeouts.commandMs;
    if (now > this.#lineDeadline) this.hangUp(timedOut);
  }

  /** An AUTH exchange has longer lines, and so has AUTH with an initial response. RFC 4954 §4. */
  readonly #maxLineBytes = (front: Buffer): number => {
    const { authLineBytes, commandBytes } = this.settings.limits;
    if (this.#onLine !== undefined) return authLineBytes;
    return /^auth /i.test(front.toString('latin1', 0, 5)) ? authLineBytes : commandBytes;
  };

  #command(line: string): void {
    const space = line.indexOf(' ');
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const command = findCommand(this.settings.profile, verb);
    if (command === undefined) {
      if (httpRequest.test(line)) {
        this.log.info('connection-refused', { peer: this.#peer, reason: 'http' });
        this.destroy();
        return;
      }
      this.#settle(unknownCommand, 'unknown');
      return;
    }
    try {
      const argument = space < 0 ? '' : line.slice(space + 1).trimEnd();
      this.#settle(command.run(this, argument), command.name);
    } catch (error) {
      this.#failed(error);
    }
  }

  #count(command: string | undefined, answer: Answer): void {
    const { metrics } = this.settings.parts;
    if (metrics === undefined || command === undefined) return;
    const refused = answer !== undefined && isRefusal(answer);
    metrics.command(this.settings.name, command, refused ? 'refused' : 'ok');
  }

  // -------------------------------------------------------------- the message

  #newIntake(transaction: MailTransaction): MessageIntake {
    const { settings } = this;
    const nowMs = settings.parts.clock.now();
    const account = transaction.client.account;
    const submitted = settings.profile === 'submission' && account !== undefined;
    return new MessageIntake({
      content: settings.parts.content,
      trace: traceFields(transaction, settings.hostname, nowMs),
      lineEnds: settings.lineEnds,
      maxBytes: settings.limits.messageBytes,
      hostname: settings.hostname,
      log: this.log,
      complete: submitted
        ? (facts) =>
            missingFields(facts, {
              address: account.address,
              messageId: `${transaction.id}.${nowMs.toString(36)}@${settings.hostname}`,
              nowMs,
            })
        : undefined,
    });
  }

  #read(reader: MessageReader): void {
    this.#reader = reader;
    this.#expecting = 'message';
    this.#transport.expectWithin(this.settings.timeouts.dataBlockMs);
  }

  #startDataClock(): void {
    const { parts, timeouts } = this.settings;
    this.#dataDeadline = parts.clock.now() + timeouts.dataTotalMs;
  }

  #takePiece(): boolean {
    if (this.settings.parts.clock.now() > this.#dataDeadline) {
      this.hangUp(timedOut);
      return false;
    }
    const piece = this.#reader?.take(this.#input);
    if (piece === undefined) return false;
    if (piece.end !== 'none') {
      this.#reader = undefined;
      this.#expecting = 'lines';
      this.#awaitCommand();
    }
    if (piece.end === 'refused') {
      this.#answer(piece.answer);
      return true;
    }
    const transaction = this.#transaction;
    const written = transaction?.intake?.write(piece.octets);
    if (piece.end === 'none') {
      if (written !== undefined) this.#settle(written.then(() => undefined));
    } else if (piece.end === 'chunk') {
      const received = reply(250, '0.0', `${piece.chunkBytes} octets received`);
      const answer = (): Reply => transaction?.intake?.refusal ?? received;
      this.#settle(written === undefined ? answer() : written.then(answer));
    } else if (transaction !== undefined) {
      this.#settle(this.#deliver(transaction, written));
    }
    return true;
  }

  /** The message is whole: it is delivered, and the transaction is over. */
  async #deliver(transaction: MailTransaction, written: Promise<void> | undefined): Promise<Reply> {
    // From here on the message is not the connection's any more: it is delivered even if the client goes.
    this.#transaction = undefined;
    await written;
    // Two transactions of one connection are two letters, whether or not the first reply was read.
    this.#confirm();
    const { answer, result } = await deliverMessage(this.settings, this.log, transaction);
    this.#unconfirmed = result;
    return answer;
  }
}

const internalError = replyForError(undefined);

/** Replies that say the client is wrong in itself, not in what it asks for. */
const clientError = /^(?:50[0-4]|555)/;
