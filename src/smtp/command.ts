import type { SmtpProfile } from './options.ts';
import type { Reply } from './reply.ts';
import type { SmtpSession } from './session.ts';

/** The answer to a command; undefined when it is given later or elsewhere, as after the data. */
export type Answer = Reply | undefined;

/** One SMTP command. */
export interface SmtpCommand {
  /** In capitals. */
  readonly name: string;
  /** Where it exists; everywhere when left out. */
  readonly profiles?: readonly SmtpProfile[];
  /** `argument` is what stands behind the verb and one space. A command that need not wait answers without a promise. */
  run(session: SmtpSession, argument: string): Answer | Promise<Answer>;
}
