import { expect } from 'chai';
import type { SmtpProfile } from '../../src/smtp/options.ts';
import { nullPath } from '../../src/smtp/path.ts';
import { addressLiteral, withProtocol } from '../../src/smtp/trace.ts';
import { MailTransaction } from '../../src/smtp/transaction.ts';
import type { Account } from '../../src/store/api.ts';

describe('the WITH clause of Received', () => {
  const cases: readonly (readonly [SmtpProfile, boolean, boolean, boolean, boolean, string])[] = [
    // profile, EHLO, TLS, login, SMTPUTF8
    ['mx', false, false, false, false, 'SMTP'],
    ['mx', false, true, false, false, 'SMTP'],
    ['mx', true, false, false, false, 'ESMTP'],
    ['mx', true, true, false, false, 'ESMTPS'],
    ['submission', true, false, true, false, 'ESMTPA'],
    ['submission', true, true, true, false, 'ESMTPSA'],
    ['submission', true, true, true, true, 'UTF8SMTPSA'],
    ['mx', true, false, false, true, 'UTF8SMTP'],
    ['mx', true, true, false, true, 'UTF8SMTPS'],
    ['lmtp', true, false, false, false, 'LMTP'],
    ['lmtp', true, true, false, false, 'LMTPS'],
    ['lmtp', true, false, false, true, 'UTF8LMTP'],
  ];
  for (const [profile, extended, tls, login, smtpUtf8, want] of cases) {
    it(want, () => {
      const transaction = new MailTransaction(
        'id',
        {
          profile,
          peer: '192.0.2.1',
          hello: 'client',
          extended,
          cipher: tls ? 'TLS_AES_128_GCM_SHA256' : undefined,
          account: login ? ({} as Account) : undefined,
        },
        nullPath,
        { declaredSizeBytes: undefined, smtpUtf8, returnContent: undefined, envelopeId: undefined },
      );
      expect(withProtocol(transaction)).to.equal(want);
    });
  }

  it('writes addresses as literals', () => {
    expect(addressLiteral('192.0.2.1')).to.equal('[192.0.2.1]');
    expect(addressLiteral('2001:db8::1')).to.equal('[IPv6:2001:db8::1]');
  });
});
