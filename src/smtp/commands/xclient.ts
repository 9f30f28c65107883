import { isIP } from 'node:net';
import type { Answer, SmtpCommand } from '../command.ts';
import { isDomainOrLiteral } from '../path.ts';
import { reply } from '../reply.ts';
import { decodeXtext } from '../../core/xtext.ts';

const badSyntax = reply(501, '5.4', 'Syntax: XCLIENT attribute=value ...');

/**
 * XCLIENT: a proxy that we trust tells who its client is (postfix.org, XCLIENT_README). For all others the command
 * does not exist. The session is then as new, and the greeting is said again.
 */
export const xclient: SmtpCommand = {
  name: 'XCLIENT',
  async run(session, argument): Promise<Answer> {
    if (!session.mayXclient) return reply(500, '5.2', 'Command is not known here');
    if (session.transaction !== undefined) return reply(503, '5.1', 'A transaction is open');

    let address: string | undefined;
    let hello: string | undefined;
    if (argument === '') return badSyntax;
    for (const word of argument.split(' ')) {
      const [, name, xtext = ''] = /^([A-Za-z]+)=(.+)$/.exec(word) ?? [];
      const value = decodeXtext(xtext);
      if (name === undefined || value === undefined) return badSyntax;
      const unknown = /^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value);
      switch (name.toUpperCase()) {
        case 'ADDR': {
          if (unknown) break;
          address = value.replace(/^IPv6:/i, '');
          if (isIP(address) === 0) return badSyntax;
          break;
        }
        case 'HELO':
          if (unknown) break;
          if (!isDomainOrLiteral(value)) return badSyntax;
          hello = value;
          break;
        case 'NAME': // host names are not believed, ports and protocols not needed
        case 'PORT':
        case 'PROTO':
          break;
        default:
          return reply(501, '5.4', `Attribute ${name.slice(0, 32)} is not known`);
      }
    }
    if (await session.becomePeer(address, hello)) return session.greeting();
    session.hangUp(reply(421, '7.0', 'Too many connections, try again later'));
    return undefined;
  },
};
