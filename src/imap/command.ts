import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Account, MailStore } from '../store/api.ts';
import type { Connection } from './connection.ts';
import type { Response } from './response.ts';
import type { SelectedMailbox } from './selected.ts';
import type { SessionState } from './session-state.ts';
import type { Decoder } from './wire/decoder.ts';
import type { Encoder } from './wire/encoder.ts';

/** Whether the numbers of a command are UIDs (`UID FETCH`) or message sequence numbers. */
export type Numbers = 'uid' | 'msn';

/** When a command is allowed, RFC 9051 §3. */
export type CommandState = 'any' | 'not-authenticated' | 'authenticated' | 'selected';

/** One row of the command table. */
export interface Command<Arguments> {
  readonly name: string;
  /** `authenticated` commands are allowed in the selected state too. */
  readonly state: CommandState;
  /** Whether `UID NAME` exists. */
  readonly uidForm?: boolean;
  /**
   * Whether untagged EXPUNGE may be sent at its end: RFC 9051 §7.5.1 forbids it for FETCH, STORE and SEARCH, but
   * not for their UID forms.
   */
  readonly allowExpunge: boolean | 'uid-form';
  /** Reads the arguments, beginning with the space before them. Throws `ParseError`. */
  parse(d: Decoder, numbers: Numbers, state: SessionState): Arguments;
  /** Acts and answers the tagged response. Untagged responses of its own go to `ctx.out`. */
  run(ctx: CommandContext, args: Arguments, numbers: Numbers): Promise<Response>;
}

/** What a command may use. */
export interface CommandContext {
  /** The command's tag: ESEARCH names it, RFC 9051 §7.3.4. */
  readonly tag: string;
  readonly state: SessionState;
  readonly out: Encoder;
  readonly store: MailStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: Connection;
  /** Only in the authenticated and selected states. */
  readonly account: Account;
  /** Only in the selected state. */
  readonly selected: SelectedMailbox;
}
