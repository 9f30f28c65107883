import { expect } from 'chai';
import type { Member } from '../../src/eds/authority/test-authority.ts';
import { EdsVerifier } from '../../src/eds/verify/eds-verifier.ts';
import { verifyConfirmation } from '../../src/gateway/confirmation/verify-confirmation.ts';
import { documentPolicy, trusting } from '../eds/support/policies.ts';
import { company, password } from '../gateway/support/gateway-bench.ts';
import { operatorBin, WebBench } from './support/web-bench.ts';
import type { WebAnswer, WebClient } from './support/web-client.ts';

describe('http: registration and the cabinet', function () {
  this.timeout(60_000);
  let bench: WebBench;
  let aigerim: Member;
  before(async () => {
    bench = await WebBench.open();
    aigerim = await bench.gateway.member('aigerim');
  });
  after(() => bench.close());

  const sign = async (member: Member, document: unknown): Promise<string> => {
    const octets = Buffer.from(String(document), 'base64');
    return (await bench.gateway.signing.sign(member, octets)).toString('base64');
  };
  /** From the first page to a mailbox with a password. */
  const register = async (
    browser: WebClient,
    member: Member,
    login: string,
    type = 'individual',
  ): Promise<WebAnswer> => {
    await bench.login(browser, member);
    const started = await browser.post('/v1/applications', { type });
    expect(started.json['state'], started.text).to.equal('identified');
    const path = `/v1/applications/${String(started.json['id'])}`;
    const prepared = await browser.put(`${path}/fields`, bench.gateway.fields(login));
    expect(prepared.json['state'], prepared.text).to.equal('prepared');
    const signature = await sign(member, prepared.json['document']);
    const created = await browser.put(`${path}/signature`, { signature });
    expect(created.json['state'], created.text).to.equal('created');
    return browser.put(`${path}/password`, { password });
  };

  it('R-6.2 a citizen registers with an EDS in one session, and has the document of it', async () => {
    const browser = bench.browser();
    const { status, json, headers } = await bench.login(browser, aigerim);
    expect(status).to.equal(201);
    expect(json).to.deep.include({
      level: 'applicant',
      subjectType: 'individual',
      name: { surname: 'ӘБІЛОВА', given: 'АЙГЕРІМ', patronymic: 'ҚАНАТҚЫЗЫ' },
    });
    expect(String(headers['set-cookie'])).to.match(
      /__Host-session=[\w.-]+; Path=\/; Max-Age=43200; Secure; SameSite=Strict; HttpOnly/,
    );
    const complete = await register(browser, aigerim, 'aigerim');
    expect(complete.json).to.deep.include({ state: 'complete', address: 'aigerim@example.kz' });

    const { json: session } = await browser.get('/v1/session');
    expect(session).to.deep.include({ level: 'subject', address: 'aigerim@example.kz' });
    const path = `/v1/applications/${String(complete.json['id'])}`;
    const forms = {
      json: 'application/json',
      pdf: 'application/pdf',
      p7s: 'application/pkcs7-signature',
    };
    const files = new Map<string, Buffer>();
    for (const [form, type] of Object.entries(forms)) {
      const file = await browser.get(`${path}/confirmation.${form}`);
      expect([file.status, file.headers['content-type']]).to.deep.equal([200, type]);
      files.set(form, file.body);
    }
    const { authority, clock } = bench.gateway.signing;
    const { verdict, facts } = await verifyConfirmation(
      { json: files.get('json')!, cms: files.get('p7s')!, pdf: files.get('pdf') },
      {
        verifier: new EdsVerifier(),
        policy: documentPolicy(trusting(...authority.roots), clock.now()),
        operatorBin,
      },
    );
    expect(verdict).to.equal('valid');
    expect(JSON.stringify(facts)).to.contain('aigerim@example.kz');
    // Nobody else is given it.
    const stranger = bench.browser();
    await bench.login(stranger, await bench.gateway.member('nurlan'));
    const refused = await stranger.get(`${path}/confirmation.pdf`);
    expect(refused.code).to.equal('APPLICATION_NOT_FOUND');
  });

  it('R-6.2 a tampered form and the EDS of another person are refused', async () => {
    const browser = bench.browser();
    const nurlan = await bench.gateway.member('nurlan');
    await bench.login(browser, nurlan);
    const started = await browser.post('/v1/applications', { type: 'individual' });
    const path = `/v1/applications/${String(started.json['id'])}`;
    const prepared = await browser.put(`${path}/fields`, bench.gateway.fields('nurlan'));
    const document = Buffer.from(String(prepared.json['document']), 'base64').toString();
    const tampered = Buffer.from(document.replace('nurlan', 'nurlam')).toString('base64');
    const wrong = await browser.put(`${path}/signature`, {
      signature: await sign(nurlan, tampered),
    });
    expect([wrong.status, wrong.code]).to.deep.equal([422, 'EDS_CHANGED']);
    const other = await browser.put(`${path}/signature`, {
      signature: await sign(aigerim, prepared.json['document']),
    });
    expect([other.status, other.code]).to.deep.equal([422, 'EDS_OTHER_PERSON']);
  });

  it('R-6.2 goes on after the browser was closed, by signing in again', async () => {
    const nurlan = await bench.gateway.member('nurlan');
    const first = bench.browser();
    await bench.login(first, nurlan);
    const started = await first.post('/v1/applications', { type: 'individual' });
    const second = bench.browser();
    await bench.login(second, nurlan);
    const again = await second.post('/v1/applications', { type: 'individual' });
    expect(again.json['id']).to.equal(started.json['id']);
    const path = `/v1/applications/${String(started.json['id'])}`;
    expect((await second.get(path)).status).to.equal(200);
    // To somebody else it is not there at all.
    const stranger = bench.browser();
    await bench.login(stranger, aigerim);
    expect((await stranger.get(path)).code).to.equal('APPLICATION_NOT_FOUND');
  });

  it('R-11.2 tells at typing time whether a login is free, and names free ones', async () => {
    const browser = bench.browser();
    await bench.login(browser, aigerim);
    const free = await browser.get('/v1/logins/berik.omarov');
    expect(free.json).to.deep.equal({ address: 'berik.omarov@example.kz' });
    const taken = await browser.get('/v1/logins/aigerim');
    expect([taken.status, taken.code]).to.deep.equal([409, 'LOGIN_TAKEN']);
    expect(String(taken.json['detail'])).to.contain('aigerim');
  });

  it('R-13.2 a second application of the same person is told the masked address', async () => {
    const browser = bench.browser();
    await bench.login(browser, aigerim);
    const second = await browser.post('/v1/applications', { type: 'individual' });
    expect([second.status, second.code]).to.deep.equal([409, 'ALREADY_HAS_MAILBOX']);
    expect(second.text).not.to.contain('aigerim@');
  });

  it('R-6.2 a legal entity registers by the EDS of its head, and not by one of an employee', async () => {
    const head = await bench.gateway.member('aigerim', { bin: company.bin, roles: ['CEO'] });
    const browser = bench.browser();
    const complete = await register(browser, head, 'synaq-kompaniya', 'legalEntity');
    expect(complete.json, complete.text).to.deep.include({ state: 'complete' });
    expect((await browser.get('/v1/session')).json).to.deep.include({
      subjectType: 'legalEntity',
      organisation: company.nameKk,
    });
    const employee = await bench.gateway.member('nurlan', {
      bin: company.bin,
      roles: ['EMPLOYEE'],
    });
    const refused = await bench.login(bench.browser(), employee);
    expect([refused.status, refused.code]).to.deep.equal([422, 'EDS_ROLE']);
  });

  it('R-12.1 confirmation of the data with an EDS raises the level; the EDS of another is refused', async () => {
    const browser = bench.browser();
    await bench.login(browser, aigerim);
    const before = await browser.get('/v1/profile');
    expect(before.json).to.deep.include({ address: 'aigerim@example.kz' });
    const changed = await browser.put('/v1/profile', { phoneMobile: '+77015554433' });
    expect(changed.status, changed.text).to.equal(200);
    const { json } = await browser.post('/v1/profile/confirmation');
    const confirm = async (member: Member): Promise<WebAnswer> =>
      browser.post('/v1/profile/confirm', {
        id: json['id'],
        signature: await sign(member, json['document']),
      });
    const other = await confirm(await bench.gateway.member('nurlan'));
    expect([other.status, other.code]).to.deep.equal([422, 'EDS_OTHER_PERSON']);
    const done = await confirm(aigerim);
    expect(done.json, done.text).to.deep.include({ level: 'official' });
  });

  it('device passwords are told once, listed without it, and revoked', async () => {
    const browser = bench.browser();
    await bench.login(browser, aigerim);
    const made = await browser.post('/v1/device-passwords', {
      name: 'Телефон',
      protocols: ['imap', 'submission'],
    });
    expect(made.status).to.equal(201);
    expect(made.json['password']).to.match(/^[a-z0-9-]{20,}$/);
    const listed = await browser.get('/v1/device-passwords');
    expect(listed.text).to.contain('Телефон').and.not.to.contain(made.json['password']);
    const path = `/v1/device-passwords/${String(made.json['id'])}`;
    expect((await browser.delete(path)).status).to.equal(204);
    expect((await browser.delete(path)).status).to.equal(404);
    expect((await browser.get('/v1/device-passwords')).json).to.deep.equal({ devices: [] });
  });

  it('a lost password is replaced with an EDS, and that ends all sessions', async () => {
    const old = bench.browser();
    await bench.login(old, aigerim);
    const browser = bench.browser();
    const reset = async (newPassword: string): Promise<WebAnswer> => {
      const challenge = await browser.post('/v1/challenges', { purpose: 'password-reset' });
      return browser.post('/v1/password-reset', {
        challenge: challenge.json['id'],
        signature: await sign(aigerim, challenge.json['document']),
        password: newPassword,
      });
    };
    const short = await reset('1234');
    expect([short.status, short.code]).to.deep.equal([422, 'PASSWORD_SHORT']);
    bench.gateway.clock.time += 1000;
    const done = await reset('Тағы бір ұзын құпиясөз 8');
    expect(done.json, done.text).to.deep.equal({ address: 'aigerim@example.kz' });
    expect((await old.get('/v1/session')).code).to.equal('SIGN_IN');
    bench.gateway.clock.time += 1000;
    await bench.login(old, aigerim);
    expect((await old.get('/v1/session')).status).to.equal(200);
  });

  it('R-6.2 works on after a restart of the server: nothing but the store is needed', async () => {
    const browser = bench.browser();
    const challenge = await browser.post('/v1/challenges', { purpose: 'login' });
    await bench.restart();
    const after = Object.assign(bench.browser(), {});
    for (const [name, value] of browser.cookies) after.cookies.set(name, value);
    const answer = await after.post('/v1/login', {
      challenge: challenge.json['id'],
      signature: await sign(aigerim, challenge.json['document']),
    });
    expect(answer.status, answer.text).to.equal(201);
  });
});
