import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.ts';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import type { Member } from '../../src/eds/authority/test-authority.ts';
import type { Language } from '../../src/gateway/api.ts';
import { aigerim as operator, berik as second, ministry } from '../gateway/agencies/support.ts';
import { day } from '../eds/support/clock.ts';
import { people } from '../gateway/support/gateway-bench.ts';
import { WebBench } from './support/web-bench.ts';
import type { WebAnswer } from './support/web-client.ts';

const run = promisify(execFile);
const languages: readonly Language[] = ['kk', 'ru', 'en'];

describe('http: what is public, and state bodies', function () {
  this.timeout(60_000);
  let bench: WebBench;
  let aigerim: Member;
  before(async () => {
    bench = await WebBench.open();
    aigerim = await bench.gateway.member('aigerim');
  });
  after(() => bench.close());
  beforeEach(() => {
    bench.gateway.clock.time += day;
  });

  const outcome = ({ status, code }: WebAnswer): unknown => [status, code];

  describe('pages', () => {
    it('R-5.2 the agreement in force and each of its versions, without signing in, in three languages', async () => {
      const { agreements, clock } = bench.gateway;
      const inForce = agreements.inForce(clock.now());
      for (const lang of languages) {
        for (const path of [
          '/agreement',
          ...agreements.all.map((one) => `/agreement/${one.version}`),
        ]) {
          const { status, headers, text } = await bench.program().get(`${path}?lang=${lang}`);
          expect(status, path).to.equal(200);
          expect(headers['content-type']).to.equal('text/html; charset=utf-8');
          expect(text).to.contain(`<html lang="${lang}">`);
          for (const one of agreements.all) expect(text).to.contain(`/agreement/${one.version}`);
        }
        const { text } = await bench.program().get(`/agreement?lang=${lang}`);
        const sentence = inForce.texts[lang]
          .split(/\n{2,}/)
          .at(-1)!
          .slice(0, 60);
        expect(text).to.contain(sentence.split('\n')[0]);
      }
      const { json } = await bench.program().get('/v1/agreements');
      expect(json['inForce']).to.equal(inForce.version);
      expect(json['versions']).to.have.length(agreements.all.length);
      expect((await bench.program().get('/agreement/1999-01-01')).status).to.equal(404);
    });

    it('R-5.2 how to get a mailbox and use it, without signing in, in three languages', async () => {
      const sentences = { kk: 'Жәшік тегін', ru: 'Ящик бесплатный', en: 'free of charge' };
      for (const lang of languages) {
        const { status, text } = await bench.program().get(`/help?lang=${lang}`);
        expect(status).to.equal(200);
        expect(text)
          .to.contain(sentences[lang])
          .and.to.contain('mail.example.kz')
          .and.not.to.match(/\{\w+\}/);
      }
      const { text } = await bench.program().get('/help', {
        headers: { 'accept-language': 'en-GB' },
      });
      expect(text).to.contain('<html lang="en">');
      expect((await bench.program().get('/help?lang=de')).status).to.equal(400);
    });
  });

  describe('the description', () => {
    it('has every operation with an id of its own', async () => {
      const { json } = await bench.program().get('/v1/openapi.json');
      expect(json['openapi']).to.equal('3.1.0');
      const ids = Object.values(
        json['paths'] as Record<string, Record<string, { operationId: string }>>,
      )
        .flatMap((methods) => Object.values(methods))
        .map(({ operationId }) => operationId);
      expect(new Set(ids)).to.have.length(ids.length);
      expect(ids.length).to.be.greaterThan(30);
    });

    it('is true of what a stranger is told by each operation', async () => {
      const web = bench.program();
      const told = new Map<string, unknown>();
      for (const operation of bench.checker.operations) {
        bench.gateway.clock.time += day;
        const [method = '', template = ''] = operation.split(' ');
        const path = template.replaceAll(/\{\w+\}/g, 'x');
        const { status } = await web.send(method, path, /^P/.test(method) ? { json: {} } : {});
        told.set(operation, status);
        expect(bench.checker.seen).to.include(operation);
      }
      const isOpen = ([, status]: readonly [string, unknown]): boolean => status === 200;
      expect([...told].filter(isOpen).map(([operation]) => operation)).to.have.members([
        'GET /agreement',
        'GET /help',
        'GET /v1/agreements',
      ]);
      for (const [operation, status] of told) {
        expect(status, operation).to.be.oneOf([200, 400, 401, 404, 410]);
      }
    });

    it('names what an answer has too much, or lacks', () => {
      const wrong = (body: unknown): string | undefined =>
        bench.checker.wrong('GET', '/v1/agreements', {
          status: 200,
          type: 'application/json',
          body: Buffer.from(JSON.stringify(body)),
        });
      expect(wrong({ inForce: '1', versions: [] })).to.equal(undefined);
      expect(wrong({ inForce: '1' })).to.match(/versions/);
      expect(wrong({ inForce: '1', versions: [], more: 1 })).to.match(/additional/);
    });
  });

  describe('state bodies', () => {
    let secret: string;
    before(async () => {
      await bench.agencies.add(operator, ministry);
      ({ secret } = await bench.agencies.newSecret(operator, ministry.id));
      await bench.agencies.promote(operator, ministry.id);
      await bench.agencies.promote(second, ministry.id);
      const browser = bench.browser();
      await bench.login(browser, aigerim);
      const started = await browser.post('/v1/applications', { type: 'individual' });
      const path = `/v1/applications/${String(started.json['id'])}`;
      const prepared = await browser.put(`${path}/fields`, bench.gateway.fields('aigerim'));
      const document = Buffer.from(String(prepared.json['document']), 'base64');
      const signature = (await bench.gateway.signing.sign(aigerim, document)).toString('base64');
      expect((await browser.put(`${path}/signature`, { signature })).status).to.equal(200);
    });

    const resolve = (
      body: object,
      headers: Readonly<Record<string, string>> = { authorization: `Bearer ${secret}` },
    ): Promise<WebAnswer> =>
      bench.program().post('/v1/resolve', { purpose: 'court-notice', ...body }, { headers });

    it('R-4.1 find the mailbox of a person by a secret, and the person sees it', async () => {
      const found = await resolve({ iin: people.aigerim.iin });
      expect(found.status, found.text).to.equal(200);
      expect(found.json['address']).to.match(/^[a-z2-7]{32}@r\.example\.kz$/);
      expect(found.json).to.deep.include({ level: 'basic', dormant: false });
      const browser = bench.browser();
      await bench.login(browser, aigerim);
      const { json } = await browser.get('/v1/me/lookups');
      const [one] = json['lookups'] as readonly Readonly<Record<string, unknown>>[];
      expect(one).to.deep.include({
        agency: 'ministry',
        names: ministry.names,
        purpose: 'court-notice',
        outcome: 'found',
      });
      const before = await browser.get(`/v1/me/lookups?before=${String(one!['cursor'])}`);
      expect(before.json).to.deep.equal({ lookups: [] });
    });

    it('R-4.1 are told the same of nobody and of what they may not', async () => {
      const unknown = await resolve({ iin: people.nurlan.iin });
      const forbidden = await resolve({ iin: people.aigerim.iin, purpose: 'tax-notice' });
      expect(outcome(unknown)).to.deep.equal([404, 'NOT_FOUND_OR_NOT_ALLOWED']);
      expect(forbidden.text).to.equal(unknown.text);
    });

    it('are strangers without the right secret', async () => {
      for (const authorization of [
        '',
        'Bearer',
        'Bearer no',
        `Bearer ${secret}x`,
        `Basic ${secret}`,
      ]) {
        const answer = await resolve({ iin: people.aigerim.iin }, { authorization });
        expect(outcome(answer), authorization).to.deep.equal([401, 'SIGN_IN']);
        expect(answer.headers['www-authenticate']).to.equal('Bearer');
      }
    });

    it('name one number, and a right one', async () => {
      const { iin } = people.aigerim;
      expect(outcome(await resolve({}))).to.deep.equal([400, 'REQUEST_WRONG']);
      expect(outcome(await resolve({ iin, bin: '050140990113' }))).to.deep.equal([
        400,
        'REQUEST_WRONG',
      ]);
      const wrong = await resolve({ iin: '850101399114' });
      expect(outcome(wrong)).to.deep.equal([422, 'IIN_CHECK']);
      expect(wrong.text).not.to.contain('850101399114');
      expect(outcome(await resolve({ bin: '050140990114' }))).to.deep.equal([422, 'BIN_CHECK']);
    });

    it('show a certificate instead, on a listener that asks for one', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'zhashik-agency-'));
      const server = bench.another({ clientCertificates: true });
      const port = await server.start();
      try {
        const files = await ensureDevelopmentCertificate(folder, ['agency'], systemClock);
        const [cert, key] = [await readFile(files.certificate), await readFile(files.key)];
        const ask = (options: object): Promise<WebAnswer> =>
          bench
            .program({ port, ...options })
            .post('/v1/resolve', { iin: people.aigerim.iin, purpose: 'court-notice' });
        expect(outcome(await ask({ cert, key }))).to.deep.equal([401, 'SIGN_IN']);
        const digest = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
        await bench.agencies.addCertificate(operator, ministry.id, digest);
        const found = await ask({ cert, key });
        expect(found.status, found.text).to.equal(200);
        expect(outcome(await ask({}))).to.deep.equal([401, 'SIGN_IN']);
      } finally {
        await server.close();
        await rm(folder, { recursive: true });
      }
    });
  });

  describe('by hand', () => {
    it('curl signs in: a cookie jar, the document to a file, the signature from one', async function () {
      const folder = await mkdtemp(join(tmpdir(), 'zhashik-curl-'));
      const url = `https://localhost:${bench.port}`;
      const jar = join(folder, 'jar');
      const curl = async (...args: string[]): Promise<Readonly<Record<string, unknown>>> => {
        const common = ['-sS', '--cacert', bench.authorityFile, '-c', jar, '-b', jar];
        const { stdout } = await run('curl', [...common, ...args]);
        return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      };
      const json = ['-H', 'Content-Type: application/json'];
      try {
        await run('curl', ['--version']).catch(() => this.skip());
        const challenge = await curl(...json, '-d', '{"purpose":"login"}', `${url}/v1/challenges`);
        const document = Buffer.from(String(challenge['document']), 'base64');
        const cms = await bench.gateway.signing.sign(aigerim, document);
        const pem = `-----BEGIN CMS-----\n${cms.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CMS-----\n`;
        const body = join(folder, 'login.json');
        await writeFile(body, JSON.stringify({ challenge: challenge['id'], signature: pem }));
        const session = await curl(...json, '-d', `@${body}`, `${url}/v1/login`);
        expect(session).to.include({ level: 'subject', address: 'aigerim@example.kz' });
        const token = ['-H', `X-CSRF-Token: ${String(session['csrf'])}`];
        const refused = await curl(...json, '-X', 'PUT', '-d', '{}', `${url}/v1/profile`);
        expect(refused).to.include({ code: 'FOREIGN_PAGE' });
        const change = '{"language":"ru"}';
        const changed = await curl(
          ...json,
          ...token,
          '-X',
          'PUT',
          '-d',
          change,
          `${url}/v1/profile`,
        );
        expect(changed).to.include({ address: 'aigerim@example.kz' });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});
