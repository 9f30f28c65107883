import { expect } from 'chai';
import fc from 'fast-check';
import { silentLog, type Log } from '../../src/core/log.ts';
import { ScriptClient } from './script.ts';
import { openMailHouse, testAuthenticator, type MailHouse } from './support.ts';

/** Words of the protocol, in no order, and what is none. */
const noise = fc.oneof(
  fc.constantFrom(
    'EHLO client.example.com\r\n',
    'LHLO client.example.com\r\n',
    'MAIL FROM:<>\r\n',
    'MAIL FROM:<aigerim@example.kz> SIZE=5\r\n',
    'RCPT TO:<aigerim@example.kz>\r\n',
    'RCPT TO:<nobody@example.kz>\r\n',
    'DATA\r\n',
    'BDAT 5\r\n',
    'BDAT 0 LAST\r\n',
    'BDAT 7 LAST\r\n',
    'RSET\r\n',
    'NOOP\r\n',
    'AUTH PLAIN AGFpZ2VyaW1AZXhhbXBsZS5regBzZWNyZXQ=\r\n',
    'AUTH LOGIN\r\n',
    '*\r\n',
    'VRFY x\r\n',
    '.\r\n',
    '\r\n.\r\n',
    'Subject: x\r\n\r\n',
    'From: aigerim@example.kz\r\n',
    '\n',
    '\r',
    '\0\r\n',
  ),
  fc.string({ maxLength: 20 }),
);

describe('noise', () => {
  let house: MailHouse;
  const troubles: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (event) => troubles.push(event),
    error: (event) => troubles.push(event),
    with: () => log,
  };

  before(async () => {
    house = await openMailHouse();
  });
  after(() => house.close());

  for (const profile of ['mx', 'submission', 'lmtp'] as const) {
    it(`on ${profile} gets replies and nothing else, and does no harm`, async () => {
      const account = await house.account(`${profile}-aigerim`);
      const options = { profile, cleartextLoginNetworks: ['127.0.0.1'], limits: { errors: 1000 } };
      const authenticator = await testAuthenticator([
        { ...account, canonical: 'aigerim@example.kz' },
      ]);
      const listener = await house.listen(options, { authenticator, log });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(noise, { maxLength: 6 }), { maxLength: 6 }),
          async (groups) => {
            const client = await ScriptClient.connect(listener.port);
            await client.reply();
            for (const group of groups) {
              client.send(group.join(''));
              await new Promise((resolve) => setImmediate(resolve));
            }
            client.end();
            for (let line; (line = await client.line()) !== undefined;) {
              expect(line).to.match(/^[2345]\d\d[ -]/);
            }
          },
        ),
        { seed: 5321, numRuns: 150 },
      );
      expect(troubles).to.deep.equal([]);
    });
  }
});
