import { expect } from 'chai';
import { MailError } from '../../src/core/errors.ts';
import { type PinoLogOptions, openLog } from '../../src/core/pino-log.ts';

function logged(options: Partial<PinoLogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = openLog({ level: 'info', format: 'json', destination, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('is one JSON object a line, with fixed names', () => {
    const { log, last } = logged();
    log.with({ conn: 'c1' }).with({ account: 7 }).warn('quota-near', { mailbox: 1 });
    const { time, ...rest } = last();
    expect(rest).to.deep.equal({
      level: 'warn',
      conn: 'c1',
      account: 7,
      mailbox: 1,
      event: 'quota-near',
    });
    expect(time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('never holds a password, wherever somebody puts it', () => {
    const { log, lines } = logged();
    const secret = 'hunter2';
    log.info('a', { password: secret, passwd: secret, Passphrase: secret, newPassword: secret });
    log.info('b', { login: { credentials: secret, proof: [secret], token: secret } });
    log.info('c', { list: [{ authorization: secret }], clientSecret: secret });
    log.with({ password: secret }).info('d');
    expect(lines.join('')).not.to.include(secret);
    expect(lines.join('').match(/\[hidden\]/g)?.length).to.be.at.least(9);
  });

  it('shows errors with their causes and nothing else of them', () => {
    const { log, last } = logged();
    const cause = Object.assign(new Error('disk'), { code: 'EIO', secretThing: 'x' });
    log.error('failed', { err: new MailError('unavailable', 'no', { cause }) });
    expect(last()).to.have.nested.property('err.failure', 'unavailable');
    expect(last()).to.have.nested.property('err.cause.code', 'EIO');
    expect(JSON.stringify(last())).not.to.include('secretThing');
  });

  it('changes its level for all its children', () => {
    const { log, lines } = logged();
    const child = log.with({ conn: 'c1' });
    child.debug('hidden');
    log.setLevel('debug');
    child.debug('shown');
    log.setLevel('error');
    child.warn('hidden');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).to.deep.equal([
      'shown',
    ]);
  });

  it('is for people when asked to', () => {
    const { log, lines } = logged({ format: 'pretty' });
    log.info('started', { listener: 'imap' });
    expect(lines[0]).to.match(/INFO.*started.*imap/);
  });
});
