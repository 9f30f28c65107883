import { expect } from 'chai';
import { MailError, type Failure } from '../../src/core/errors.ts';
import {
  bareReply,
  isPermanent,
  isRefusal,
  reply,
  replyForError,
  replyForFailure,
  retryReplyForFailure,
} from '../../src/smtp/reply.ts';

describe('replies', () => {
  it('take the class of the enhanced code from the reply code', () => {
    expect(reply(250, '1.5', 'Ok')).to.equal('250 2.1.5 Ok\r\n');
    expect(reply(452, '2.2', 'Full')).to.equal('452 4.2.2 Full\r\n');
    expect(reply(550, '7.1', 'No')).to.equal('550 5.7.1 No\r\n');
  });

  it('have as many lines as they need', () => {
    expect(bareReply(250, 'a')).to.equal('250 a\r\n');
    expect(bareReply(250, 'a', 'b', 'c')).to.equal('250-a\r\n250-b\r\n250 c\r\n');
  });

  it('know refusals', () => {
    const answers = [reply(250, '0.0', ''), reply(452, '0.0', ''), reply(550, '0.0', '')];
    expect(answers.map(isRefusal)).to.deep.equal([false, true, true]);
    expect(answers.map(isPermanent)).to.deep.equal([false, false, true]);
  });

  const failures: Readonly<Record<Failure, string>> = {
    'not-found': '550 5.1.1',
    'already-exists': '451 4.3.0',
    'no-permission': '550 5.7.1',
    'over-quota': '452 4.2.2',
    'too-big': '552 5.3.4',
    limit: '452 4.3.1',
    'in-use': '450 4.2.0',
    expunged: '450 4.2.0',
    invalid: '554 5.6.0',
    unavailable: '451 4.3.2',
    'disk-full': '452 4.3.1',
    internal: '451 4.3.0',
  };
  for (const [failure, want] of Object.entries(failures) as [Failure, string][]) {
    it(`${failure} is ${want}, and temporary when part of the work is done`, () => {
      expect(replyForFailure(failure).slice(0, 9)).to.equal(want);
      const retry = retryReplyForFailure(failure);
      expect(retry).to.match(/^4\d\d 4\./);
      if (want.startsWith('4')) expect(retry).to.equal(replyForFailure(failure));
    });
  }

  it('tell nothing of what was thrown', () => {
    expect(replyForError(new MailError('over-quota', 'of account 7'))).to.equal(
      '452 4.2.2 Mailbox is full\r\n',
    );
    expect(replyForError(new Error('/var/lib/x'))).to.equal(
      '451 4.3.0 Internal error, try again later\r\n',
    );
  });
});
