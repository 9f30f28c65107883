import { connect } from 'node:net';
import { request } from 'node:http';
import { expect } from 'chai';
import * as z from 'zod';
import { MailError } from '../../src/core/errors.ts';
import type { Member } from '../../src/eds/authority/test-authority.ts';
import { httpLimits, throttleRules } from '../../src/http/limits.ts';
import { jsonRoute } from '../../src/http/route.ts';
import { securityHeaders } from '../../src/http/security-headers.ts';
import { day, hour, minute } from '../eds/support/clock.ts';
import { WebBench } from './support/web-bench.ts';
import type { WebAnswer, WebClient } from './support/web-client.ts';

describe('http: the server', function () {
  this.timeout(60_000);
  let bench: WebBench;
  let aigerim: Member;
  before(async () => {
    bench = await WebBench.open();
    aigerim = await bench.gateway.member('aigerim');
  });
  after(() => bench.close());
  // Another day: sessions and attempts of the test before are over.
  beforeEach(async () => {
    bench.gateway.clock.time += day;
    await bench.sessions.sweep();
  });

  const outcome = ({ status, code }: WebAnswer): unknown => [status, code];

  describe('sessions', () => {
    let browser: WebClient;
    beforeEach(async () => {
      browser = bench.browser();
      await bench.login(browser, aigerim);
    });
    const session = async (): Promise<unknown> => outcome(await browser.get('/v1/session'));
    const isThere = [200, undefined];
    const isOver = [401, 'SIGN_IN'];

    it('limits: twenty minutes without a request', async () => {
      const { clock } = bench.gateway;
      for (let i = 0; i < 3; i++) {
        clock.time += httpLimits.sessionIdleMs;
        expect(await session()).to.deep.equal(isThere);
      }
      clock.time += httpLimits.sessionIdleMs + 1;
      expect(await session()).to.deep.equal(isOver);
    });

    it('limits: twelve hours, however much it is used', async () => {
      const { clock } = bench.gateway;
      const end = clock.time + httpLimits.sessionMs;
      for (; clock.time < end; clock.time += 15 * minute) {
        expect(await session()).to.deep.equal(isThere);
      }
      clock.time = end;
      expect(await session()).to.deep.equal(isThere);
      clock.time = end + 1;
      expect(await session()).to.deep.equal(isOver);
      expect(await bench.sessions.sweep()).to.equal(1);
      expect(await bench.sessions.sweep()).to.equal(0);
    });

    it('limits: the last request is written down once a minute', async () => {
      const version = async (): Promise<number | undefined> =>
        (await bench.gateway.store.records.list('session', { limit: 1 }))[0]?.version;
      bench.gateway.clock.time += httpLimits.sessionTouchMs - 1;
      await session();
      expect(await version()).to.equal(1);
      bench.gateway.clock.time += 1;
      await session();
      expect(await version()).to.equal(2);
    });

    it('end when somebody signs out, and when all of a subject are ended', async () => {
      const other = bench.browser();
      await bench.login(other, aigerim);
      expect((await browser.delete('/v1/session')).status).to.equal(204);
      expect([...browser.cookies.keys()]).to.deep.equal(['__Host-browser']);
      expect(await session()).to.deep.equal(isOver);
      expect((await other.get('/v1/session')).status).to.equal(200);
      const [subject] = (await bench.gateway.store.records.list('session', { limit: 1 })).map(
        ({ value }) => (JSON.parse(value) as { readonly subject: string }).subject,
      );
      await bench.sessions.endAll(subject as Parameters<typeof bench.sessions.endAll>[0]);
      expect(outcome(await other.get('/v1/session'))).to.deep.equal(isOver);
    });

    it('a new one each time somebody signs in; the old one of the browser ends', async () => {
      const old = browser.cookies.get('__Host-session')!;
      await bench.login(browser, aigerim);
      expect(browser.cookies.get('__Host-session')).not.to.equal(old);
      browser.cookies.set('__Host-session', old);
      expect(await session()).to.deep.equal(isOver);
    });

    it('are kept without the token, and without a name or number in clear', async () => {
      const token = browser.cookies.get('__Host-session')!;
      const [kept] = await bench.gateway.store.records.list('session', { limit: 1 });
      const text = JSON.stringify(kept);
      for (const secret of [token, token.split('.')[1]!, 'ӘБІЛОВА', '850101399113']) {
        expect(text).not.to.contain(secret);
      }
    });

    for (const token of ['', 'x', `000000000.${'A'.repeat(43)}`, 'a'.repeat(5000)]) {
      it(`a token that nobody was given: ${JSON.stringify(token.slice(0, 20))}`, async () => {
        browser.cookies.set('__Host-session', token);
        expect(await session()).to.deep.equal(isOver);
      });
    }

    it('a token with another end is another token', async () => {
      const [end = '', secret = ''] = browser.cookies.get('__Host-session')!.split('.');
      const later = (parseInt(end, 36) + 1).toString(36).padStart(9, '0');
      browser.cookies.set('__Host-session', `${later}.${secret}`);
      expect(await session()).to.deep.equal(isOver);
    });

    it('have levels: an applicant has no profile, and an employee no application', async () => {
      expect(outcome(await browser.get('/v1/profile'))).to.deep.equal([403, 'NOT_FOR_YOU']);
      const clerk = await bench.gateway.member('clerk');
      const office = bench.browser();
      const unknown = await bench.login(office, clerk, 'employee-login');
      expect(outcome(unknown)).to.deep.equal([404, 'NOT_FOUND_OR_NOT_ALLOWED']);
      const order = { actor: 'cli:test', apply: true };
      await bench.employees.setFacility(order, {
        postcode: '010000',
        nameKk: 'Астана-1',
        nameRu: 'Астана-1',
      });
      await bench.employees.add(order, {
        iin: '000229599116' as Parameters<typeof bench.employees.add>[1]['iin'],
        name: { surname: 'ҒАЗИЗОВА', given: 'ҮМІТ' },
        facility: '010000',
        roles: ['employee'],
      });
      expect((await bench.login(office, clerk, 'employee-login')).json).to.deep.include({
        level: 'employee',
      });
      const application = await office.post('/v1/applications', { type: 'individual' });
      expect(outcome(application)).to.deep.equal([403, 'NOT_FOR_YOU']);
    });
  });

  describe('requests of other sites', () => {
    let browser: WebClient;
    beforeEach(async () => {
      browser = bench.browser();
      await bench.login(browser, aigerim);
    });
    const start = (headers: Readonly<Record<string, string>> = {}): Promise<WebAnswer> =>
      browser.post('/v1/applications', { type: 'individual' }, { headers });
    const isForeign = [403, 'FOREIGN_PAGE'];

    for (const other of ['https://mail.example.org', 'http://localhost', 'null']) {
      it(`a page of ${other} changes nothing`, async () => {
        browser.origin = other;
        expect(outcome(await start())).to.deep.equal(isForeign);
        const challenge = await browser.post('/v1/challenges', { purpose: 'login' });
        expect(outcome(challenge)).to.deep.equal(isForeign);
      });
    }

    for (const site of ['cross-site', 'same-site']) {
      it(`what the browser calls ${site} changes nothing`, async () => {
        expect(outcome(await start({ 'sec-fetch-site': site }))).to.deep.equal(isForeign);
      });
    }

    it('without the token of the session nothing is changed', async () => {
      for (const token of [undefined, '', 'undefined', `${browser.csrf!}x`, 'ә'.repeat(22)]) {
        const before = browser.csrf;
        browser.csrf = undefined;
        const headers = token === undefined ? {} : { 'x-csrf-token': encodeURI(token) };
        expect(outcome(await start(headers)), String(token)).to.deep.equal(isForeign);
        browser.csrf = before;
      }
      expect((await start({ 'sec-fetch-site': 'same-origin' })).status).to.equal(201);
    });

    it('the token of another session is none', async () => {
      const other = bench.browser();
      await bench.login(other, aigerim);
      browser.csrf = other.csrf;
      expect(outcome(await start())).to.deep.equal(isForeign);
    });

    it('the page reads the token from its cookie too', () => {
      expect(browser.cookies.get('__Host-csrf')).to.equal(browser.csrf);
    });
  });

  describe('challenges', () => {
    it('are bound to the browser by a cookie that scripts cannot read', async () => {
      const browser = bench.browser();
      const { headers } = await browser.post('/v1/challenges', { purpose: 'login' });
      expect(String(headers['set-cookie'])).to.match(
        /^__Host-browser=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; SameSite=Strict; HttpOnly$/,
      );
      const kept = browser.cookies.get('__Host-browser');
      await browser.post('/v1/challenges', { purpose: 'login' });
      expect(browser.cookies.get('__Host-browser')).to.equal(kept);
    });

    it('answered by another browser are refused', async () => {
      const [one, other] = [bench.browser(), bench.browser()];
      await other.post('/v1/challenges', { purpose: 'login' });
      const { json } = await one.post('/v1/challenges', { purpose: 'login' });
      const document = Buffer.from(String(json['document']), 'base64');
      const signature = (await bench.gateway.signing.sign(aigerim, document)).toString('base64');
      const answer = await other.post('/v1/login', { challenge: json['id'], signature });
      expect(outcome(answer)).to.deep.equal([410, 'CHALLENGE_EXPIRED']);
    });
  });

  describe('attempts', () => {
    it('limits: of an address; a good signature forgets them', async () => {
      const browser = bench.browser();
      const { freeFailures } = throttleRules.address;
      const ask = (): Promise<WebAnswer> => browser.post('/v1/challenges', { purpose: 'login' });
      for (let i = 0; i < freeFailures; i++) expect((await ask()).status).to.equal(201);
      expect((await ask()).status).to.equal(201);
      const refused = await ask();
      expect(outcome(refused)).to.deep.equal([429, 'TOO_MANY']);
      expect(refused.headers['retry-after']).to.equal('1');
      bench.gateway.clock.time += 1000;
      expect((await bench.login(browser, aigerim)).code).to.equal('TOO_MANY');
      bench.gateway.clock.time += 10_000;
      const { json } = await ask();
      bench.gateway.clock.time += 10_000;
      const document = Buffer.from(String(json['document']), 'base64');
      const signature = (await bench.gateway.signing.sign(aigerim, document)).toString('base64');
      const login = await browser.post('/v1/login', { challenge: json['id'], signature });
      expect(login.status, login.text).to.equal(201);
      for (let i = 0; i < freeFailures; i++) expect((await ask()).status).to.equal(201);
    });

    it('limits: of a subject; six resets of a password within an hour are one too many', async () => {
      const browser = bench.browser();
      const reset = async (): Promise<WebAnswer> => {
        const { json } = await browser.post('/v1/challenges', { purpose: 'password-reset' });
        const document = Buffer.from(String(json['document']), 'base64');
        const signature = (await bench.gateway.signing.sign(aigerim, document)).toString('base64');
        return browser.post('/v1/password-reset', {
          challenge: json['id'],
          signature,
          password: 'Жеті қабат көк аспан 7',
        });
      };
      for (let i = 0; i <= throttleRules.subject.freeFailures; i++) {
        expect((await reset()).code).to.equal('NO_MAILBOX');
      }
      expect((await reset()).code).to.equal('TOO_MANY');
      bench.gateway.clock.time += hour;
      expect((await reset()).code).to.equal('NO_MAILBOX');
    });
  });

  describe('requests that are wrong', () => {
    const cases: Readonly<Record<string, readonly [unknown, string, string?]>> = {
      'no JSON': [[400, 'REQUEST_WRONG'], '{"purpose":'],
      'an array': [[400, 'REQUEST_WRONG'], '[]'],
      null: [[400, 'REQUEST_WRONG'], 'null'],
      'an unknown member': [[400, 'REQUEST_WRONG'], '{"purpose":"login","x":1}'],
      'a member of the prototype': [
        [400, 'REQUEST_WRONG'],
        '{"purpose":"login","__proto__":{"a":1}}',
      ],
      'a wrong value': [[400, 'REQUEST_WRONG'], '{"purpose":"root"}'],
      'another type': [[415, 'REQUEST_TYPE'], 'purpose=login', 'application/x-www-form-urlencoded'],
      'plain text': [[415, 'REQUEST_TYPE'], 'login', 'text/plain'],
    };
    for (const [name, [expected, body, type]] of Object.entries(cases)) {
      it(name, async () => {
        const headers = { 'content-type': type ?? 'application/json' };
        const answer = await bench.program().post('/v1/challenges', undefined, { body, headers });
        expect(outcome(answer)).to.deep.equal(expected);
      });
    }

    it('names the members that are wrong, and not what is in them', async () => {
      const answer = await bench.program().post('/v1/challenges', {
        purpose: '850101399113',
        '<script>': '850101399113',
      });
      expect(answer.json['detail']).to.equal('Сұрау қате жазылған: purpose, ?script?');
      expect(answer.text).not.to.contain('850101399113');
    });

    for (const path of ['/', '/v1', '/v1/../etc/passwd', '/v1/applications/%00', '/agreement/x']) {
      it(`no such page: ${path}`, async () => {
        const { status } = await bench.program().get(path);
        expect(status).to.be.oneOf([400, 401, 404]);
      });
    }

    it('limits: the octets of a body', async () => {
      const body = (bytes: number): string => JSON.stringify({ purpose: 'a'.repeat(bytes - 14) });
      const post = (bytes: number): Promise<WebAnswer> =>
        bench.program().post('/v1/challenges', undefined, { body: body(bytes) });
      expect(outcome(await post(httpLimits.bodyBytes))).to.deep.equal([400, 'REQUEST_WRONG']);
      const large = await post(httpLimits.bodyBytes + 1);
      expect(outcome(large)).to.deep.equal([413, 'REQUEST_BIG']);
      expect(large.text).to.contain('16');
    });

    it('limits: the octets of a login and of a document', async () => {
      const browser = bench.browser();
      const { json } = await browser.post('/v1/challenges', { purpose: 'login' });
      const login = (signature: string): Promise<WebAnswer> =>
        browser.post('/v1/login', { challenge: json['id'], signature });
      expect(outcome(await login('A'.repeat(80 * 1024)))).to.deep.equal([413, 'EDS_TOO_BIG']);
      expect(outcome(await login('A'.repeat(httpLimits.loginBodyBytes)))).to.deep.equal([
        413,
        'REQUEST_BIG',
      ]);
      await bench.login(browser, aigerim);
      const sign = (signature: string): Promise<WebAnswer> =>
        browser.put('/v1/applications/x/signature', { signature });
      expect((await sign('A'.repeat(1024 * 1024))).code).to.equal('APPLICATION_NOT_FOUND');
      expect((await sign('A'.repeat(httpLimits.documentBodyBytes))).code).to.equal('REQUEST_BIG');
    });

    it('limits: the octets of the headers', async () => {
      const get = (bytes: number): Promise<WebAnswer> =>
        bench.program().get('/help', { headers: { 'x-filler': 'a'.repeat(bytes) } });
      expect((await get(httpLimits.headerBytes - 1000)).status).to.equal(200);
      const large = await get(httpLimits.headerBytes);
      expect([large.status, large.text]).to.deep.equal([431, '']);
    });
  });

  describe('answers', () => {
    it('have the headers that keep browsers safe, whatever the answer is', async () => {
      const answers = [
        await bench.program().get('/help'),
        await bench.program().get('/v1/session'),
        await bench.program().get('/nowhere'),
        await bench.program().post('/v1/challenges', { purpose: 'login' }),
      ];
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 401, 404, 201]);
      for (const { headers } of answers) expect(headers).to.include(securityHeaders);
      expect(answers.slice(1).map(({ headers }) => headers['cache-control'])).to.deep.equal(
        Array(3).fill('no-store'),
      );
    });

    it('problems are of RFC 9457, in the language asked for and in all three', async () => {
      const get = async (language: string, cookie?: string): Promise<WebAnswer> =>
        bench.program().get('/v1/session', {
          headers: { 'accept-language': language, ...(cookie !== undefined && { cookie }) },
        });
      const texts = {
        kk: 'ЭЦҚ арқылы кіріңіз',
        ru: 'Войдите с помощью ЭЦП',
        en: 'Sign in with your EDS',
      };
      const problem = await get('ru-KZ,ru;q=0.9,en;q=0.5');
      expect(problem.headers['content-type']).to.equal('application/problem+json; charset=utf-8');
      expect(problem.headers['content-language']).to.equal('ru');
      expect(problem.json).to.deep.equal({
        type: '/v1/problems/SIGN_IN',
        title: 'Нужно войти',
        status: 401,
        detail: texts.ru,
        code: 'SIGN_IN',
        texts,
      });
      expect((await get('de')).json['detail']).to.equal(texts.kk);
      expect((await get('ru', 'lang=en')).json['detail']).to.equal(texts.en);
      const { json } = await bench.program().get(String(problem.json['type']));
      expect(json).to.deep.equal({ code: 'SIGN_IN', texts });
    });

    it('what nobody can explain has a number to ask for, and nothing of the error', async () => {
      const failing = (error: () => Error): ReturnType<typeof jsonRoute> =>
        jsonRoute({
          method: 'GET',
          path: '/fails',
          id: 'fails',
          summary: 'Fails',
          callers: 'anyone',
          status: 200,
          answer: z.object({}),
          run: () => Promise.reject(error()),
        });
      const broken = await WebBench.open({
        routes: [failing(() => new Error('secret 850101399113'))],
      });
      try {
        const { status, json, text } = await broken.program().get('/fails');
        expect([status, json['code']]).to.deep.equal([500, 'INTERNAL']);
        expect(text).not.to.match(/secret|850101399113|\.ts|at /);
        expect(json['instance']).to.match(/^urn:uuid:[\da-f-]{36}$/);
        const [line] = broken.lines;
        expect(line).to.deep.include({ level: 'error', event: 'http-failed' });
        expect(line?.fields).to.deep.include({ id: json['instance'], route: '/fails' });
      } finally {
        await broken.close();
      }
      const busy = await WebBench.open({
        routes: [failing(() => new MailError('unavailable', 'The store is away'))],
      });
      try {
        const { status, code, headers, text } = await busy.program().get('/fails');
        expect([status, code]).to.deep.equal([503, 'UNAVAILABLE']);
        expect(headers['retry-after']).to.equal('60');
        expect(text).not.to.contain('store is away');
        expect(busy.lines).to.deep.equal([]);
      } finally {
        await busy.close();
      }
    });

    it('have nothing that is not described', async () => {
      const chatty = await WebBench.open({
        routes: [
          jsonRoute({
            method: 'GET',
            path: '/chatty',
            id: 'chatty',
            summary: 'Says too much',
            callers: 'anyone',
            status: 200,
            answer: z.object({ said: z.string() }),
            run: () => Promise.resolve({ said: 'yes', iin: '850101399113' }),
          }),
        ],
      });
      try {
        expect((await chatty.program().get('/chatty')).json).to.deep.equal({ said: 'yes' });
      } finally {
        await chatty.close();
      }
    });
  });

  describe('connections', () => {
    it('limits: TLS must be there in time, and a request too', async () => {
      const timeouts = { handshakeMs: 50, headersMs: 50, requestMs: 100 };
      const hasty = bench.another({ timeouts });
      const port = await hasty.start();
      try {
        const silent = connect(port, '127.0.0.1');
        await new Promise((resolve) => silent.on('error', resolve).once('close', resolve));
      } finally {
        await hasty.close();
      }
      const proxied = bench.another({ tls: undefined, proxyNetworks: ['127.0.0.0/8'], timeouts });
      const plain = await proxied.start();
      try {
        const slow = connect(plain, '127.0.0.1');
        slow.write('POST /v1/challenges HTTP/1.1\r\nHost: localhost\r\n');
        let answer = '';
        slow.on('data', (chunk: Buffer) => (answer += chunk.toString()));
        await new Promise((resolve) => slow.on('error', resolve).once('close', resolve));
        expect(answer).to.match(/^HTTP\/1\.1 408 /);
      } finally {
        await proxied.close();
      }
    });

    it('speaks no TLS older than 1.2, and none at all to nobody but a proxy', async () => {
      const old = bench.program({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' });
      let failure = '';
      await old.get('/help').catch((error: unknown) => (failure = String(error)));
      expect(failure).to.match(/version|handshake|protocol|ssl/i);

      const elsewhere = bench.another({ tls: undefined, proxyNetworks: ['192.0.2.0/24'] });
      const port = await elsewhere.start();
      try {
        const socket = connect(port, '127.0.0.1');
        socket.write('GET /help HTTP/1.1\r\nHost: localhost\r\n\r\n');
        let octets = 0;
        socket.on('data', (chunk: Buffer) => (octets += chunk.length));
        await new Promise((resolve) => socket.on('error', resolve).once('close', resolve));
        expect(octets).to.equal(0);
      } finally {
        await elsewhere.close();
      }
    });

    it('believes X-Forwarded-For of a proxy alone', async () => {
      const proxied = bench.another({ tls: undefined, proxyNetworks: ['127.0.0.0/8'] });
      const port = await proxied.start();
      const ask = (client: string): Promise<number> =>
        new Promise((resolve, reject) => {
          const headers = { 'content-type': 'application/json', 'x-forwarded-for': client };
          const outgoing = request(
            { port, host: '127.0.0.1', path: '/v1/challenges', method: 'POST', headers },
            (response) => {
              response.resume();
              resolve(response.statusCode ?? 0);
            },
          );
          outgoing.on('error', reject);
          outgoing.end('{"purpose":"login"}');
        });
      try {
        const { freeFailures } = throttleRules.address;
        for (let i = 0; i <= freeFailures; i++) {
          // What stands before the client's own address is whatever the client wrote.
          expect(await ask(`203.0.113.${i}, 198.51.100.1`)).to.equal(201);
        }
        expect(await ask('203.0.113.200, 198.51.100.1')).to.equal(429);
        expect(await ask('198.51.100.2')).to.equal(201);
      } finally {
        await proxied.close();
      }
      // The server that browsers connect to has no proxy before it.
      for (let i = 0; i <= throttleRules.address.freeFailures; i++) {
        const headers = { 'x-forwarded-for': `203.0.113.${i}` };
        await bench.program().post('/v1/challenges', { purpose: 'login' }, { headers });
      }
      const headers = { 'x-forwarded-for': '203.0.113.201' };
      const last = await bench.program().post('/v1/challenges', { purpose: 'login' }, { headers });
      expect(outcome(last)).to.deep.equal([429, 'TOO_MANY']);
    });
  });
});
