import type { Command } from '../command.ts';
import { bad, no } from '../response.ts';
import { answerLogin } from '../sign-in.ts';

/** AUTHENTICATE, with the initial response of RFC 4959. RFC 9051 §6.2.2. */
export const authenticate: Command<{
  readonly mechanism: string;
  readonly initial: string | undefined;
}> = {
  name: 'AUTHENTICATE',
  state: 'not-authenticated',
  allowExpunge: false,

  // authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
  parse(d) {
    d.space();
    const mechanism = d.word();
    // base64 may end in "=", which is an ASTRING-CHAR, and may hold "+" and "/", which are too.
    return { mechanism, initial: d.tryConsume(' ') ? d.astring() : undefined };
  },

  async run({ connection }, { mechanism, initial }) {
    if (!connection.mayLogIn) return no('PRIVACYREQUIRED', 'Use TLS before you log in');
    const exchange = connection.authenticator.mechanism(mechanism, connection.loginContext);
    if (exchange === undefined) return no('CANNOT', 'No such mechanism');
    if (exchange.serverFirst && initial !== undefined) {
      return bad('This mechanism has no initial response');
    }

    const limit = connection.limits.saslLineBytes;
    let challenge: Uint8Array = nothing;
    let line = initial;
    if (exchange.serverFirst) line = '=';
    for (;;) {
      line ??= (await connection.ask(base64(challenge), limit)).toString('latin1');
      if (line === '*') return bad('Login was cancelled');
      // RFC 4959 §3: "=" is an initial response that is there, and empty.
      const response = line === '=' ? nothing : decodeBase64(line);
      if (response === undefined) return bad('Not base64');
      line = undefined;

      const step = await exchange.next(response);
      if (step.kind === 'malformed') return bad('The client does not keep to the mechanism');
      if (step.kind === 'challenge') {
        challenge = step.data;
        continue;
      }
      if (step.data !== undefined && step.result.status === 'accepted') {
        // RFC 9051 §6.2.2 has no place for data in the tagged OK: it goes as a challenge, answered by nothing.
        const last = await connection.ask(base64(step.data), limit);
        if (last.toString('latin1') === '*') return bad('Login was cancelled');
        if (last.length > 0) return bad('The client does not keep to the mechanism');
      }
      return answerLogin(connection, step.result, 'AUTHENTICATE completed');
    }
  },
};

const nothing = new Uint8Array(0);

function base64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}

// base64 = *(4base64-char) [base64-terminal]
function decodeBase64(line: string): Buffer | undefined {
  if (line.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(line)) return undefined;
  return Buffer.from(line, 'base64');
}
