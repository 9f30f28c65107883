import type { Command } from '../command.ts';
import { no } from '../response.ts';
import { answerLogin } from '../sign-in.ts';

/** LOGIN. RFC 9051 §6.2.3. */
export const login: Command<{ readonly name: string; readonly password: string }> = {
  name: 'LOGIN',
  state: 'not-authenticated',
  allowExpunge: false,

  // login = "LOGIN" SP userid SP password
  parse(d) {
    d.space();
    const name = d.astring();
    d.space();
    return { name, password: d.astring() };
  },

  async run({ connection }, { name, password }) {
    if (!connection.mayLogIn) return no('PRIVACYREQUIRED', 'Use TLS before you log in');
    const { authenticator, loginContext } = connection;
    const result = await authenticator.password(name, password, loginContext);
    return answerLogin(connection, result, 'LOGIN completed');
  },
};
