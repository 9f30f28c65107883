import type { LoginResult, SaslExchange, SaslStep } from '../../account/api.ts';
import type { Answer, SmtpCommand } from '../command.ts';
import { bareReply, reply, type Reply } from '../reply.ts';
import type { SmtpSession } from '../session.ts';

const accepted = reply(235, '7.0', 'Authentication succeeded');
const badBase64 = reply(501, '5.2', 'Not base64');
const cancelled = reply(501, '7.0', 'Authentication cancelled');
const malformed = reply(501, '5.2', 'Not what the mechanism asks for');
const nothing = Buffer.alloc(0);

/** Rounds of one exchange; no mechanism of ours needs more than three. */
const maxRounds = 8;

/**
 * AUTH. RFC 4954 §4:
 *
 *     auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
 */
export const auth: SmtpCommand = {
  name: 'AUTH',
  profiles: ['submission'],
  run(session, argument): Answer | Promise<Answer> {
    if (session.client === undefined) return reply(503, '5.1', 'Introduce yourself first');
    if (session.account !== undefined) return reply(503, '5.1', 'Authenticated already');
    if (session.transaction !== undefined) return reply(503, '5.1', 'A transaction is open');
    if (!session.mayLogIn) return reply(538, '7.11', 'TLS must be on first'); // RFC 4954 §6
    if (session.hasMoreInput) {
      // RFC 4954 §4: AUTH is the last command of its group. What follows could be meant for another exchange.
      session.hangUp(reply(503, '5.1', 'Nothing may follow AUTH before its answer'));
      return undefined;
    }

    const match = /^([A-Za-z0-9_-]{1,20})(?: (\S+))?$/.exec(argument);
    if (match === null) return reply(501, '5.4', 'Syntax: AUTH mechanism [initial-response]');
    const name = (match[1] as string).toUpperCase();
    const exchange = session.settings.parts.authenticator?.mechanism(name, session.loginContext);
    if (exchange === undefined) return reply(504, '5.4', 'Mechanism is not known');

    const initial = match[2];
    if (initial === undefined) {
      if (exchange.serverFirst) return advance(session, exchange, nothing, 1);
      return ask(session, exchange, nothing, 1); // an empty challenge, RFC 4954 §4
    }
    const octets = initial === '=' ? nothing : decodeBase64(initial);
    if (octets === undefined) return badBase64;
    if (!exchange.serverFirst) return advance(session, exchange, octets, 1);
    // LOGIN speaks first, but programs send the name with it: its question is taken for asked.
    return exchange
      .next(nothing)
      .then((step) =>
        step.kind === 'challenge' ? advance(session, exchange, octets, 1) : conclude(session, step),
      );
  },
};

/** Sends a challenge and waits for the response to it. */
function ask(session: SmtpSession, exchange: SaslExchange, data: Uint8Array, round: number): Reply {
  session.askLine((line) => {
    if (line === '*') return cancelled;
    const octets = decodeBase64(line);
    if (octets === undefined) return badBase64;
    if (round >= maxRounds) return malformed;
    return advance(session, exchange, octets, round + 1);
  });
  return bareReply(334, Buffer.from(data).toString('base64'));
}

async function advance(
  session: SmtpSession,
  exchange: SaslExchange,
  response: Uint8Array,
  round: number,
): Promise<Answer> {
  const step = await exchange.next(response);
  if (step.kind === 'challenge') return ask(session, exchange, step.data, round);
  return conclude(session, step);
}

function conclude(session: SmtpSession, step: SaslStep): Answer {
  if (step.kind !== 'done') return session.loginFailed(malformed);
  const { result, data } = step;
  if (result.status === 'refused') {
    const answer = refusals[result.reason];
    return result.reason === 'unavailable' ? answer : session.loginFailed(answer);
  }
  if (data === undefined) return succeed(session, result);
  // SMTP has no room for data beside the success: it goes as a challenge, and is answered with an empty line.
  session.askLine((line) => (line === '' ? succeed(session, result) : cancelled));
  return bareReply(334, Buffer.from(data).toString('base64'));
}

function succeed(session: SmtpSession, result: LoginResult & { status: 'accepted' }): Reply {
  session.signIn(result.account);
  session.log.info('login', { account: result.account.id });
  return accepted;
}

const refusals = {
  credentials: reply(535, '7.8', 'Authentication failed'),
  // RFC 5248 registers it; only who knows the password comes to see it.
  suspended: reply(525, '7.13', 'Mailbox is suspended'),
  // RFC 4954 §6: what was shown is not enough for this account. Only who knows the password comes to see it.
  'device-password': reply(534, '7.9', 'Use a device password for mail programs'),
  throttled: reply(454, '7.0', 'Too many attempts, try again later'),
  unavailable: reply(454, '7.0', 'Temporary authentication failure'),
} as const satisfies Record<Extract<LoginResult, { status: 'refused' }>['reason'], Reply>;

/** Undefined when it is not base64, RFC 4648 §4. `Buffer.from` would skip what it does not know. */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
