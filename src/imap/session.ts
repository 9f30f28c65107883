import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Authenticator, LoginContext } from '../account/api.ts';
import type { Log } from '../core/log.ts';
import type { AccountId } from '../core/values.ts';
import type { Account } from '../store/api.ts';
import { capabilities, isOffered } from './capability.ts';
import type { AnyCommand } from './command-table.ts';
import type { CommandContext } from './command.ts';
import {
  type AppendHead,
  AppendTransfer,
  isMessageAhead,
  readAppendHead,
} from './commands/append.ts';
import { type Connection, ConnectionLost } from './connection.ts';
import { answer, complete, dispatch, type SessionContext } from './dispatcher.ts';
import type { ImapListenerOptions, ImapLimits, ImapParts, ImapTimeouts } from './options.ts';
import { bad, type Response } from './response.ts';
import type { SelectedMailbox } from './selected.ts';
import { type Enableable, SessionState } from './session-state.ts';
import { SocketSink } from './socket-sink.ts';
import { CommandReader, type LiteralHeader, tagOf } from './wire/command-reader.ts';
import { Decoder } from './wire/decoder.ts';
import { Encoder } from './wire/encoder.ts';

/** What all sessions of a listener share. */
export interface SessionHost {
  readonly options: ImapListenerOptions;
  readonly limits: ImapLimits;
  readonly timeouts: ImapTimeouts;
  readonly parts: ImapParts;
  readonly table: ReadonlyMap<string, AnyCommand>;
  /** Whether clients at the address may log in without TLS. */
  mayLogInInClear(peer: string): boolean;
}

/** How long we wait, after our last word, for the client to hang up. */
const lingerMs = 2000;

/** Commands run in one go before other sessions have their turn. */
const commandsAtOnce = 50;

/**
 * Pipelined APPENDs that may wait for the disk together, so that they share its syncs. Each holds its message in memory,
 * which is a small one.
 */
const appendsAtOnce = 16;

/**
 * One connection: octets in, one command at a time, octets out. Between commands nothing runs and nothing is kept but
 * the state. Only APPENDs that follow one another overlap, RFC 9051 §5.5: see `#finishAppend`.
 */
export class ImapSession implements Connection {
  readonly loginContext: LoginContext;
  /** Resolves when the connection is closed and everything is let go. */
  readonly closed: Promise<void>;

  readonly #host: SessionHost;
  readonly #log: Log;
  readonly #state = new SessionState();
  readonly #sink: SocketSink;
  readonly #out: Encoder;
  readonly #reader: CommandReader;
  readonly #ctx: SessionContext;
  #socket: Socket;
  #secure: boolean;

  /** A command runs, or a piece of a message is being stored: no further event of the reader is looked at. */
  #busy = false;
  #commandsInTurn = 0;
  #resumeSoon: NodeJS.Immediate | undefined;
  #sendSoon: NodeJS.Immediate | undefined;
  /** A running command that asked for a line. */
  #asking:
    | { readonly limitBytes: number; answer(line: Buffer): void; fail(error: Error): void }
    | undefined;
  #append: { readonly tag: string; readonly transfer: AppendTransfer } | undefined;
  /** Settles when the APPENDs so far are answered; what is said behind them waits for it. */
  #appended: Promise<void> = Promise.resolve();
  /** How many of them are not answered. */
  #appending = 0;
  /** The answer to a refused message, given when the message has been read past. */
  #refusal: { readonly tag: string | undefined; readonly response: Response } | undefined;
  /** The message of an APPEND is not taken any more. */
  #appendEnds = false;
  #tlsRequested = false;
  #failedLogins = 0;
  #badCommands = 0;
  /** Why we hang up after the command that runs. */
  #farewell: string | undefined;
  /** The client sends no more. */
  #inputEnded = false;
  /** We have said our last word. */
  #ended = false;
  #timer: NodeJS.Timeout;
  #leaveAccount: (() => void) | undefined;
  #resolveClosed: () => void = () => undefined;

  constructor(host: SessionHost, socket: Socket, peer: string, connection: string) {
    this.#host = host;
    this.#log = host.parts.log.with({ conn: connection });
    this.loginContext = { peer, protocol: 'imap', connection };
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));

    this.#secure = host.options.tls === 'implicit';
    this.#socket = this.#secure ? this.#startTls(socket) : socket;
    this.#sink = new SocketSink(this.#socket, host.timeouts.stalledMs);
    this.#out = new Encoder(this.#sink);
    const { limits } = host;
    this.#reader = new CommandReader(
      {
        commandBytes: limits.commandBytesBeforeLogin,
        nonSyncBytes: limits.literalMinusBytes,
        discardBytes: limits.discardBytes,
      },
      (head) => this.#state.account !== undefined && isMessageAhead(head),
    );
    this.#ctx = new Context(this, host.parts, this.#state, this.#out, this.#log);
    this.#timer = setTimeout(this.#onTimeout, host.timeouts.loginMs);
    this.#listen();
  }

  /** Greets the client; nothing is read before. */
  async start(): Promise<void> {
    this.#busy = true;
    try {
      const { hostname } = this.#host.options;
      const { peer } = this.loginContext;
      const account = await this.#host.parts.preauthenticate?.(peer);
      const known = account !== undefined && (await this.signIn(account));
      this.#out.untagged(
        `${known ? 'PREAUTH' : 'OK'} [CAPABILITY ${this.capabilities()}] ${hostname} is ready`,
      );
      this.#out.send();
    } catch (error) {
      this.#log.error('greeting-failed', { err: error });
      this.#sayBye('Something went wrong here');
    }
    this.#finished();
  }

  /** Lets the command in progress end, then says BYE. */
  shutDown(): void {
    this.hangUp('Server is shutting down');
  }

  /** The same, when it is the account's; a message that is still to come is not waited for. */
  endFor(account: AccountId): void {
    if (this.#state.account?.id !== account) return;
    this.#appendEnds = true;
    if (!this.#busy) void this.#dropAppend();
    this.hangUp('Your account was suspended or closed');
  }

  /** Cuts the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  // ---------------------------------------------------------------- Connection

  get limits(): ImapLimits {
    return this.#host.limits;
  }

  get timeouts(): ImapTimeouts {
    return this.#host.timeouts;
  }

  get authenticator(): Authenticator {
    return this.#host.parts.authenticator;
  }

  get secure(): boolean {
    return this.#secure;
  }

  get canStartTls(): boolean {
    return this.#host.options.tls === 'starttls' && !this.#secure;
  }

  get mayLogIn(): boolean {
    return this.#secure || this.#host.mayLogInInClear(this.loginContext.peer);
  }

  capabilities(): string {
    return capabilities({
      loggedIn: this.#state.account !== undefined,
      canStartTls: this.canStartTls,
      mayLogIn: this.mayLogIn,
      mechanisms: this.authenticator.mechanisms,
      appendBytes: this.limits.appendBytes,
      disabled: this.#host.options.disabledCapabilities ?? [],
    });
  }

  offers(capability: Enableable): boolean {
    return isOffered(capability, this.#host.options.disabledCapabilities ?? []);
  }

  startTls(): void {
    this.#tlsRequested = true;
  }

  async signIn(account: Account): Promise<boolean> {
    const { parts, limits, timeouts } = this.#host;
    const leave = await parts.sessions.enter(
      `imap account ${account.id}`,
      limits.sessionsPerAccount,
    );
    if (leave === undefined) return false;
    // The client may have gone while we waited.
    if (this.#socket.destroyed) {
      leave();
      throw new ConnectionLost();
    }
    this.#leaveAccount = leave;
    this.#state.account = account;
    this.#reader.limits.commandBytes = limits.commandBytes;
    this.#reader.limits.nonSyncBytes = limits.commandBytes; // LITERAL+
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onTimeout, timeouts.autologoutMs);
    return true;
  }

  ask(text: string, limitBytes: number): Promise<Buffer> {
    this.#out.text(`+ ${text}`).endLine();
    this.#out.send();
    return new Promise((resolve, reject) => {
      this.#asking = { limitBytes, answer: resolve, fail: reject };
      this.#pump();
    });
  }

  hangUp(reason: string): void {
    this.#farewell ??= reason;
    const asking = this.#asking;
    this.#asking = undefined;
    asking?.fail(new ConnectionLost(reason));
    if (!this.#isWorking && this.#append === undefined) this.#sayBye(this.#farewell);
  }

  // ---------------------------------------------------------------- the socket

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ended) return;
    // Before login the time counts from the connection, whatever is sent meanwhile.
    if (this.#state.account !== undefined) this.#timer.refresh();
    this.#reader.push(chunk);
    this.#pump();
  };

  readonly #onEnd = (): void => {
    this.#inputEnded = true;
    this.#pump();
  };

  readonly #onError = (error: Error): void => {
    this.#log.debug('connection-failed', { err: error });
  };

  readonly #onTimeout = (): void => {
    if (this.#state.account === undefined) {
      this.hangUp('Too slow to log in');
      // Whatever is going on, it may not go on for ever.
      this.#destroyAfterLinger();
    } else if (this.#isWorking && this.#asking === undefined) {
      this.#timer.refresh(); // The client waits for us.
    } else {
      void this.#dropAppend();
      this.hangUp('Nothing was said for too long');
    }
  };

  readonly #onClose = (): void => {
    this.#ended = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#resumeSoon);
    clearImmediate(this.#sendSoon);
    const asking = this.#asking;
    this.#asking = undefined;
    asking?.fail(new ConnectionLost());
    // A command that runs finds out at its next write, and `#finished` comes here again.
    if (!this.#isWorking) void this.#release();
  };

  async #release(): Promise<void> {
    this.#busy = true;
    this.#state.selected?.close();
    this.#state.selected = undefined;
    await this.#dropAppend();
    this.#leaveAccount?.();
    this.#leaveAccount = undefined;
    this.#resolveClosed();
  }

  #startTls(socket: Socket): TLSSocket {
    const { tls } = this.#host.parts;
    if (tls === undefined) throw new Error('This listener has no certificate');
    const secured = new TLSSocket(socket, { isServer: true, secureContext: tls.current() });
    // A handshake that fails closes the socket; why is told here only.
    secured.on('_tlsError', (error: unknown) => {
      this.#log.debug('tls-failed', { err: error });
    });
    return secured;
  }

  #switchToTls(): void {
    const plain = this.#socket;
    plain.off('data', this.#onData);
    plain.off('end', this.#onEnd);
    plain.off('close', this.#onClose);
    // RFC 9051 §6.2.1 and §11.1: commands that came in clear text behind STARTTLS are nobody's.
    this.#reader.clear();
    this.#secure = true;
    this.#socket = this.#startTls(plain);
    this.#sink.socket = this.#socket;
    this.#listen();
  }

  // ---------------------------------------------------------------- commands

  get #isWorking(): boolean {
    return this.#busy || this.#appending > 0;
  }

  /** We hang up as soon as nothing is in progress: nothing more is begun. */
  get #isLeaving(): boolean {
    return this.#ended || (this.#farewell !== undefined && this.#append === undefined);
  }

  /** Looks at what the client sent, as far as it can be looked at now. */
  #pump(): void {
    if (this.#asking !== undefined) this.#answerAsked();
    while (!this.#busy && !this.#isLeaving && this.#resumeSoon === undefined) {
      if (this.#commandsInTurn >= commandsAtOnce) {
        this.#resumeSoon = setImmediate(() => {
          this.#resumeSoon = undefined;
          this.#commandsInTurn = 0;
          this.#pump();
        });
        break;
      }
      if (!this.#next()) break;
    }
    this.#steer();
  }

  /** Reads on, or lets the client wait while there is enough to do. */
  #steer(): void {
    if (this.#ended) return;
    const tooMuch = this.#reader.bufferedBytes > this.limits.pipelinedBytes;
    const waiting =
      (this.#isWorking && this.#asking === undefined) || this.#resumeSoon !== undefined;
    if (tooMuch && waiting) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#inputEnded && !waiting) {
      // Whoever closes its half gets its answers, and no BYE.
      const asking = this.#asking;
      this.#asking = undefined;
      if (asking !== undefined) asking.fail(new ConnectionLost());
      else this.#end();
    }
  }

  /** Takes the reader's next event; false when there is none. */
  #next(): boolean {
    const event = this.#reader.next();
    switch (event?.kind) {
      case undefined:
        this.#commandsInTurn = 0;
        return false;
      case 'command':
        this.#begin(() => this.#run(event.bytes));
        return true;
      case 'continue':
        this.#begin(() => this.#askOn('OK'));
        return true;
      case 'message':
        this.#begin(() => this.#beginAppend(event.head, event.literal));
        return true;
      case 'octets': {
        const stored = this.#append?.transfer.write(event.octets);
        if (stored !== undefined) this.#begin(() => stored);
        return true;
      }
      case 'rest':
        this.#begin(() => this.#finishAppend(event.bytes));
        return true;
      case 'discarded':
        this.#begin(() => this.#answerRefused());
        return true;
      case 'too-big':
        this.#begin(() => this.#answerTooBig(event.head));
        return true;
      case 'lost':
        this.#begin(() => this.#giveUp());
        return false;
    }
  }

  #begin(work: () => Promise<void>): void {
    // Before the work, which may ask for a line in its first step.
    this.#busy = true;
    this.#commandsInTurn++;
    work().then(this.#finished, this.#failed);
  }

  readonly #finished = (): void => {
    this.#busy = false;
    if (this.#ended) {
      if (this.#socket.destroyed && this.#appending === 0) void this.#release();
      return;
    }
    if (this.#state.loggedOut) this.#end();
    else if (this.#farewell !== undefined && (this.#append === undefined || this.#appendEnds)) {
      void this.#dropAppend();
      // What was taken before is answered first.
      if (this.#appending === 0) this.#sayBye(this.#farewell);
    } else {
      if (this.#tlsRequested) {
        this.#tlsRequested = false;
        this.#out.send();
        this.#switchToTls();
      }
      this.#sendBeforeLong();
      this.#pump();
    }
  };

  readonly #failed = (error: unknown): void => {
    void this.#dropAppend();
    if (error instanceof ConnectionLost) {
      // Whoever closed its half has nothing more to be told.
      if (this.#farewell === undefined) this.#end();
    } else {
      this.#log.error('session-failed', { err: error });
      this.#farewell = 'Something went wrong here';
      this.#out.clear();
    }
    this.#finished();
  };

  /** Responses of pipelined commands go together; none waits for a command that takes long. */
  #sendBeforeLong(): void {
    if (this.#reader.bufferedBytes === 0) this.#out.send();
    else {
      this.#sendSoon ??= setImmediate(() => {
        this.#sendSoon = undefined;
        this.#out.send();
      });
    }
  }

  #answerAsked(): void {
    const asking = this.#asking;
    const line = asking && this.#reader.line(asking.limitBytes);
    if (asking === undefined || line === undefined) return;
    this.#asking = undefined;
    if (line === 'too-long') {
      this.#farewell ??= 'Line is too long';
      asking.fail(new ConnectionLost());
    } else asking.answer(line);
  }

  async #run(bytes: Buffer): Promise<void> {
    if (this.#appending > 0) await this.#appended;
    const before = this.#state.account;
    const response = await dispatch(this.#host.table, this.#ctx, bytes);
    this.#count(response);
    // Every refusal before login that is not a mere slip counts as an attempt.
    if (before === undefined && response.status === 'NO') {
      this.#failedLogins++;
      if (this.#failedLogins >= this.limits.loginAttempts) this.hangUp('Too many failed logins');
    }
  }

  #count(response: Response): void {
    if (response.status !== 'BAD') {
      this.#badCommands = 0;
      return;
    }
    this.#badCommands++;
    const { badCommands, badCommandsBeforeLogin } = this.limits;
    const limit = this.#state.account === undefined ? badCommandsBeforeLogin : badCommands;
    if (this.#badCommands >= limit) this.hangUp('Too many bad commands');
  }

  /** Asks the client to go on with a literal. */
  async #askOn(text: string): Promise<void> {
    if (this.#appending > 0) await this.#appended;
    this.#out.text(`+ ${text}`).endLine();
    this.#out.send();
  }

  async #giveUp(): Promise<void> {
    if (this.#appending > 0) await this.#appended;
    this.#sayBye('Too much to read past', 'TOOBIG');
  }

  // ---------------------------------------------------------------- APPEND

  async #beginAppend(head: Buffer, literal: LiteralHeader): Promise<void> {
    const tag = tagOf(head);
    const begun = await answer(this.#ctx, 'APPEND', () => this.#tryAppend(head, literal));
    if (begun instanceof AppendTransfer && tag !== undefined) {
      this.#append = { tag, transfer: begun };
      this.#reader.accept();
      if (literal.synchronizing) await this.#askOn('Ready for the message');
      return;
    }
    const response = begun instanceof AppendTransfer ? bad('No tag') : begun;
    if (this.#reader.refuse()) this.#refusal = { tag, response };
    else await this.#answerAppend(tag, Promise.resolve(response));
  }

  #tryAppend(bytes: Buffer, literal: LiteralHeader): Promise<AppendTransfer | Response> {
    const d = new Decoder(bytes, { utf8: this.#state.utf8 });
    d.tag();
    d.space();
    d.keyword('APPEND');
    const head: AppendHead = readAppendHead(d);
    d.end();
    return AppendTransfer.begin(this.#ctx, head, literal);
  }

  async #finishAppend(rest: Buffer): Promise<void> {
    const append = this.#append;
    if (append === undefined) return;
    const d = new Decoder(rest, { utf8: this.#state.utf8 });
    const stored = answer(this.#ctx, 'APPEND', () => append.transfer.finish(d));
    this.#append = undefined;
    const answered = this.#answerAppend(append.tag, stored);
    // The message is on its way to its commit, and those behind it will come later in any case: UIDs keep the order of
    // the commands. A large one first goes to a file of its own, which takes its time.
    const mayOverlap = append.transfer.isSmall && this.#appending < appendsAtOnce;
    if (mayOverlap && this.#reader.bufferedBytes > 0)
      answered.then(this.#caughtUp, this.#fellBehind);
    else await answered;
  }

  /** Answers an APPEND when those before it are answered. */
  async #answerAppend(tag: string | undefined, stored: Promise<Response>): Promise<void> {
    const before = this.#appended;
    this.#appending++;
    const answered = (async () => {
      try {
        await before;
        const response = await stored;
        await complete(this.#ctx, tag, response, true);
        this.#count(response);
      } finally {
        this.#appending--;
      }
    })();
    this.#appended = answered;
    await answered;
  }

  /** An APPEND was answered beside what went on. */
  readonly #caughtUp = (): void => {
    if (this.#busy) this.#sendBeforeLong();
    else this.#finished();
  };

  readonly #fellBehind = (error: unknown): void => {
    if (!(error instanceof ConnectionLost)) this.#log.error('session-failed', { err: error });
    // Answers are missing: no further one would be understood.
    this.#socket.destroy();
    if (!this.#busy) this.#finished();
  };

  /** Forgets a message that will not be whole. */
  async #dropAppend(): Promise<void> {
    const transfer = this.#append?.transfer;
    this.#append = undefined;
    try {
      await transfer?.abort();
    } catch (error) {
      this.#log.error('append-abort-failed', { err: error });
    }
  }

  async #answerRefused(): Promise<void> {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal !== undefined) {
      await this.#answerAppend(refusal.tag, Promise.resolve(refusal.response));
    }
  }

  async #answerTooBig(head: Buffer): Promise<void> {
    const append = this.#append;
    this.#append = undefined;
    await append?.transfer.abort();
    const tag = append?.tag ?? tagOf(head);
    const response = bad('The command is too long', 'TOOBIG');
    if (this.#appending > 0) await this.#appended;
    await complete(this.#ctx, tag, response, undefined);
    this.#count(response);
  }

  // ---------------------------------------------------------------- the end

  #sayBye(reason: string, code?: 'TOOBIG'): void {
    if (this.#ended) return;
    this.#out.untagged(`BYE ${code === undefined ? '' : `[${code}] `}${reason}`);
    this.#log.info('session-ended', { reason });
    this.#end();
  }

  /** Sends what there is and closes; the client has a moment to read it. */
  #end(): void {
    if (this.#ended) return;
    this.#out.send();
    this.#ended = true;
    this.#state.loggedOut = true;
    this.#socket.end();
    // What still comes is thrown away, so that no reset overtakes our last word.
    this.#socket.resume();
    this.#destroyAfterLinger();
  }

  #destroyAfterLinger(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), lingerMs);
  }
}

/** What commands see of a session. */
class Context implements SessionContext {
  tag = '';
  readonly connection: Connection;
  readonly state: SessionState;
  readonly out: Encoder;
  readonly log: Log;
  readonly #parts: ImapParts;

  constructor(
    connection: Connection,
    parts: ImapParts,
    state: SessionState,
    out: Encoder,
    log: Log,
  ) {
    this.connection = connection;
    this.#parts = parts;
    this.state = state;
    this.out = out;
    this.log = log;
  }

  get store(): CommandContext['store'] {
    return this.#parts.store;
  }

  get clock(): CommandContext['clock'] {
    return this.#parts.clock;
  }

  get account(): Account {
    const { account } = this.state;
    if (account === undefined) throw new Error('Nobody is logged in');
    return account;
  }

  get selected(): SelectedMailbox {
    const { selected } = this.state;
    if (selected === undefined) throw new Error('No mailbox is selected');
    return selected;
  }
}
