import { expect } from 'chai';
import type { Member } from '../../src/eds/authority/test-authority.ts';
import { httpLimits } from '../../src/http/limits.ts';
import { minute } from '../eds/support/clock.ts';
import { password } from '../gateway/support/gateway-bench.ts';
import { EgovPhone } from './support/egov-phone.ts';
import { WebBench } from './support/web-bench.ts';
import type { WebAnswer, WebClient } from './support/web-client.ts';

describe('http: signing with eGov Mobile', function () {
  this.timeout(60_000);
  let bench: WebBench;
  let aigerim: Member;
  let phone: EgovPhone;
  before(async () => {
    bench = await WebBench.open();
    aigerim = await bench.gateway.member('aigerim');
  });
  after(() => bench.close());
  beforeEach(() => {
    phone = phoneOf(aigerim);
  });

  const phoneOf = (member: Member): EgovPhone =>
    new EgovPhone(member, bench.program(), () => bench.gateway.clock.time);
  const begin = (browser: WebClient, purpose = 'login'): Promise<WebAnswer> =>
    browser.post('/v1/egov-mobile', { purpose });
  const result = (browser: WebClient, begun: WebAnswer): Promise<WebAnswer> =>
    browser.get(`/v1/egov-mobile/${String(begun.json['id'])}/result`);
  const login = async (browser: WebClient, begun: WebAnswer): Promise<WebAnswer> => {
    const { json } = await result(browser, begun);
    const answer = await browser.post('/v1/login', {
      challenge: begun.json['reference'],
      signature: json['signature'],
    });
    browser.csrf = answer.json['csrf'] as string | undefined;
    return answer;
  };

  it('R-6.2 registers a citizen: the phone signs the challenge, then the application', async () => {
    const browser = bench.browser();
    const begun = await begin(browser);
    expect(begun.json['link']).to.match(/^mobileSign:https:\/\/localhost\/v1\/egov-mobile\/\S+$/);
    expect((await result(browser, begun)).json).to.deep.equal({ state: 'waiting' });
    expect((await phone.scan(String(begun.json['link']))).status).to.equal(200);
    expect((await login(browser, begun)).status).to.equal(201);

    const started = await browser.post('/v1/applications', { type: 'individual' });
    const path = `/v1/applications/${String(started.json['id'])}`;
    const early = await browser.post(`${path}/egov-mobile`);
    expect([early.status, early.code]).to.deep.equal([409, 'APPLICATION_STATE']);
    await browser.put(`${path}/fields`, bench.gateway.fields('aigerim'));
    const signing = await browser.post(`${path}/egov-mobile`);
    await phone.scan(String(signing.json['link']));
    const { signature } = (await result(browser, signing)).json;
    const created = await browser.put(`${path}/signature`, { signature });
    expect(created.json, created.text).to.deep.include({ address: 'aigerim@example.kz' });
    await browser.put(`${path}/password`, { password });

    const confirmation = await browser.post('/v1/profile/egov-mobile');
    await phone.scan(String(confirmation.json['link']));
    const confirmed = await browser.post('/v1/profile/confirm', {
      id: confirmation.json['reference'],
      signature: (await result(browser, confirmation)).json['signature'],
    });
    expect(confirmed.json, confirmed.text).to.deep.include({ level: 'official' });
  });

  it('tells the phone what eGov Mobile expects, with the words for its owner', async () => {
    const browser = bench.browser();
    const { json } = await begin(browser);
    const { documents } = await phone.fetch(String(json['link']));
    const id = String(json['id']);
    expect(phone.shown).to.deep.include({
      description: 'Жеке кабинетке кіру. Егер кіруді өзіңіз бастамасаңыз, қол қоймаңыз',
      expiry_date: '2026-11-22T13:05:00.000+05:00',
      organisation: { nameRu: 'Почта', nameKz: 'Пошта', nameEn: 'Post', bin: '000740000728' },
    });
    const document = phone.shown['document'] as Readonly<Record<string, string>>;
    expect(document['uri']).to.equal(`https://localhost/v1/egov-mobile/${id}/documents`);
    expect(document['auth_type']).to.equal('Token');
    expect(documents.signMethod).to.equal('CMS_WITH_DATA');
    expect(documents).to.deep.include({ version: 1 });
    const [first] = documents.documentsToSign;
    expect(Buffer.from(first!.document.file.data, 'base64').toString()).to.contain(
      '"purpose":"login"',
    );
  });

  it('gives the document and takes the signature only with the token, and once', async () => {
    const browser = bench.browser();
    const begun = await begin(browser);
    const link = String(begun.json['link']);
    const { documents, uri, token } = await phone.fetch(link);
    const content = Buffer.from(documents.documentsToSign[0]!.document.file.data, 'base64');
    const cms = await phone.sign(content);
    for (const wrong of ['', 'no', token.replace(/.$/, '!')]) {
      const refused = await phone.bring(uri, wrong, documents, cms);
      expect([refused.status, refused.code]).to.deep.equal([403, 'NOT_FOR_YOU']);
      const headers = { authorization: `Bearer ${wrong}` };
      expect((await bench.program().get(uri, { headers })).status).to.equal(403);
    }
    expect((await result(browser, begun)).json).to.deep.equal({ state: 'waiting' });
    expect((await phone.bring(uri, token, documents, cms)).status).to.equal(200);
    expect((await phone.bring(uri, token, documents, cms)).code).to.equal('MOBILE_EXPIRED');
    expect((await bench.program().get(new URL(link.slice(11)).pathname)).code).to.equal(
      'MOBILE_EXPIRED',
    );
  });

  it('one signature of two that come at once counts', async () => {
    const begun = await begin(bench.browser());
    const { documents, uri, token } = await phone.fetch(String(begun.json['link']));
    const content = Buffer.from(documents.documentsToSign[0]!.document.file.data, 'base64');
    const cms = await phone.sign(content);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => phone.bring(uri, token, documents, cms)),
    );
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  it('refuses a bad signature with 403, tells the browser why, and lets it be done again', async () => {
    const browser = bench.browser();
    const begun = await begin(browser);
    const { documents, uri, token } = await phone.fetch(String(begun.json['link']));
    const other = await phone.bring(uri, token, documents, await phone.sign(Buffer.from('other')));
    expect([other.status, other.code]).to.deep.equal([403, 'MOBILE_REFUSED']);
    expect((await result(browser, begun)).json).to.deep.equal({
      state: 'waiting',
      refusal: 'CHALLENGE_WRONG',
    });
    await phone.bring(uri, token, documents, Buffer.from('no signature'));
    expect((await result(browser, begun)).json['refusal']).to.equal('EDS_DAMAGED');
    expect((await phone.scan(String(begun.json['link']))).status).to.equal(200);
    expect((await login(browser, begun)).status).to.equal(201);
  });

  it('gives the signature to the browser that began, and to no other', async () => {
    const browser = bench.browser();
    const begun = await begin(browser);
    await phone.scan(String(begun.json['link']));
    const stranger = bench.browser();
    expect((await result(stranger, begun)).code).to.equal('MOBILE_EXPIRED');
    const { signature } = (await result(browser, begun)).json;
    const stolen = await stranger.post('/v1/login', {
      challenge: begun.json['reference'],
      signature,
    });
    expect([stolen.status, stolen.code]).to.deep.equal([410, 'CHALLENGE_EXPIRED']);
  });

  it('keeps neither document nor signature in clear', async () => {
    const begun = await begin(bench.browser());
    await phone.scan(String(begun.json['link']));
    const records = await bench.gateway.store.records.list('mobile-signing', { limit: 100 });
    const kept = records.find(({ key }) => key === begun.json['id']);
    expect(kept?.value).to.be.a('string').and.not.to.contain('purpose');
    expect(JSON.parse(kept!.value)).to.have.property('signature').that.matches(/^v1\./);
  });

  it('limits: five minutes, and ended ones are swept', async () => {
    const browser = bench.browser();
    const begun = await begin(browser);
    const link = String(begun.json['link']);
    bench.gateway.clock.time += httpLimits.mobileMs;
    await phone.fetch(link);
    bench.gateway.clock.time += 1;
    expect((await bench.program().get(new URL(link.slice(11)).pathname)).code).to.equal(
      'MOBILE_EXPIRED',
    );
    expect((await result(browser, begun)).code).to.equal('MOBILE_EXPIRED');
    bench.gateway.clock.time += minute;
    expect(await bench.signings.sweep()).to.be.greaterThan(0);
    expect(await bench.gateway.store.records.list('mobile-signing', { limit: 1 })).to.deep.equal(
      [],
    );
  });
});
