import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Certificate } from '../../src/eds/x509/certificate.ts';
import { type Member, TestAuthority } from '../../src/eds/authority/test-authority.ts';
import { SignatureVerifier } from '../../src/eds/algorithms/signature-verifier.ts';
import { HttpService } from '../../src/eds/services/http-service.ts';
import { OcspClient } from '../../src/eds/services/ocsp-client.ts';
import { VerifiedLinks } from '../../src/eds/trust/verified-links.ts';
import { EdsServices } from '../../src/eds/simulators/eds-services.ts';
import { systemClock } from '../../src/core/clock.ts';
import { pinnedRoots } from '../../src/eds/trust/pinned-roots.ts';
import { authority, person, seededBytes } from '../eds/support/authorities.ts';
import { minute, now } from '../eds/support/clock.ts';
import { forge, letter } from '../eds/support/forge.ts';
import { hasSharedData, sharedFile } from '../eds/support/shared-data.ts';
import { Place, type Ran, start, zhashik } from './support.ts';

describe('zhashik eds and zhashik trust', function () {
  this.timeout(120_000);
  let ca: TestAuthority;
  let signer: Member;
  let folder: string;
  const at = (...names: readonly string[]): string => join(folder, ...names);
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(at(name), bytes);
    return at(name);
  };
  const when = new Date(now).toISOString();
  const verify = (file: string, ...more: readonly string[]): Promise<Ran> =>
    zhashik([
      'eds',
      'verify',
      file,
      '--profile',
      'test',
      '--trust',
      at('root.cer'),
      '--at',
      when,
      ...more,
    ]);

  before(async () => {
    ca = await authority('gost2015-512', 'CLI');
    signer = await person(ca);
    const revoked = await person(ca);
    ca.revoke(revoked.certificate, now - minute, 'keyCompromise');
    folder = mkdtempSync(join(tmpdir(), 'zhashik-eds-cli-'));
    put('root.cer', ca.root.certificate.der);
    put('issuing.cer', ca.issuing.certificate.der);
    put('list.crl', await ca.crl(now - minute));
    put('good.p7s', await forge(signer));
    put('revoked.p7s', await forge(revoked));
    put('detached.p7s', await forge(signer, { carried: undefined }));
    put('content', letter);
    put('answer.ocsp', await ca.ocsp(signer.certificate, now - minute));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe('eds verify', () => {
    it('ends with 0 for a signature that is valid', async () => {
      const { code, stdout, stderr } = await verify(at('good.p7s'), '--crl', at('list.crl'));
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      expect(stdout)
        .to.match(/^VALID\nsigner 1\n/)
        .and.to.include('850101399113');
    });
    it('takes an OCSP answer, and JSON comes out', async () => {
      const { code, stdout } = await verify(at('good.p7s'), '--ocsp', at('answer.ocsp'), '--json');
      expect(code).to.equal(0);
      const report = JSON.parse(stdout) as { signers: { revocation: object; iin: string }[] };
      expect(report).to.include({ verdict: 'valid', valid: true });
      expect(report.signers[0]?.revocation).to.include({ status: 'good', source: 'ocsp' });
      expect(report.signers[0]?.iin).to.equal('850101399113');
    });
    it('ends with 1 and the reasons in three languages for one that is not', async () => {
      const { code, stdout, stderr } = await verify(at('revoked.p7s'), '--crl', at('list.crl'));
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
      expect(stdout).to.match(
        /^INVALID\nrevoked\n {2}kk: куәлік кері қайтарылған\n {2}ru: сертификат отозван\n {2}en: the certificate is revoked\n/,
      );
    });
    it('in one language when asked', async () => {
      const { stdout } = await verify(at('revoked.p7s'), '--crl', at('list.crl'), '--lang', 'kk');
      expect(stdout).to.include('kk: ').and.to.not.include('en: ');
    });
    it('ends with 3 when the status could not be learned', async () => {
      const { code, stdout } = await verify(at('good.p7s'));
      expect(code).to.equal(3);
      expect(stdout).to.match(/^UNDECIDED\nrevocation-unknown\n/);
      const late = ['--at', new Date(now + 2 * 86_400_000).toISOString(), '--crl', at('list.crl')];
      const stale = await verify(at('good.p7s'), ...late);
      expect(stale.code).to.equal(3);
      expect(stale.stdout).to.include('crl-stale');
    });
    it('ends with 0 without a status when that is not wanted', async () => {
      expect((await verify(at('good.p7s'), '--revocation', 'none')).code).to.equal(0);
    });
    it('takes detached content from a file', async () => {
      const none = ['--revocation', 'none'];
      expect((await verify(at('detached.p7s'), ...none)).stdout).to.include('content-missing');
      expect((await verify(at('detached.p7s'), ...none, '--content', at('content'))).code).to.equal(
        0,
      );
      expect((await verify(at('detached.p7s'), ...none, '--content', at('gone'))).code).to.equal(2);
      const other = await verify(at('detached.p7s'), ...none, '--content', at('good.p7s'));
      expect(other).to.include({ code: 1 });
      expect(other.stdout).to.include('message-digest-mismatch');
    });
    it('refuses a root of nobody in production, before it looks at the signature', async () => {
      const { code, stdout, stderr } = await zhashik([
        'eds',
        'verify',
        at('good.p7s'),
        '--trust',
        at('root.cer'),
        '--at',
        when,
      ]);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.include('a root is not one of production');
    });
    for (const args of [
      ['eds'],
      ['eds', 'nothing'],
      ['eds', 'verify'],
      ['eds', 'verify', 'a', 'b'],
      ['eds', 'verify', 'a', '--at', 'soon'],
      ['eds', 'verify', 'a', '--profile', 'both'],
      ['eds', 'verify', 'a', '--nothing'],
      ['eds', 'serve-test-authority', '/nonexistent', '--port', '70000'],
      ['eds', 'verify', '/nonexistent', '--trust', '/nonexistent'],
      ['eds', 'show', '/nonexistent'],
    ]) {
      it(`ends with 2, which is no verdict: zhashik ${args.join(' ')}`, async () => {
        const { code, stdout, stderr } = await zhashik(args);
        expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
        expect(stderr)
          .to.not.equal('')
          .and.to.not.match(/^\s+at /m);
      });
    }
    it('and help with 0', async () => {
      expect((await zhashik(['eds', 'verify', '--help'])).code).to.equal(0);
    });
  });

  it('eds show tells what each kind of file says', async () => {
    put('stamp.tst', await ca.timestamp(letter, now));
    for (const [file, kind] of [
      ['root.cer', 'certificate'],
      ['list.crl', 'crl'],
      ['answer.ocsp', 'ocsp'],
      ['stamp.tst', 'timestamp'],
      ['good.p7s', 'cms'],
    ] as const) {
      const { code, stdout } = await zhashik(['eds', 'show', at(file), '--json']);
      expect(code, file).to.equal(0);
      expect((JSON.parse(stdout) as { kind: string }).kind).to.equal(kind);
    }
    const { code, stderr } = await zhashik(['eds', 'show', at('content')]);
    expect(code).to.equal(2);
    expect(stderr).to.include('is no certificate');
  });

  it('eds test-authority makes a whole authority, and nothing before --apply', async () => {
    const path = at('authority');
    const dry = await zhashik(['eds', 'test-authority', path, '--family', 'gost2015-256']);
    expect(dry.code).to.equal(0);
    expect(dry.stderr).to.include('dry run');
    expect(() => statSync(path)).to.throw();
    const made = await zhashik([
      'eds',
      'test-authority',
      path,
      '--family',
      'gost2015-256',
      '--apply',
      '--json',
    ]);
    expect(made.code).to.equal(0);
    expect(readdirSync(join(path, 'users')))
      .to.include('head.cer')
      .and.to.include('head.key.pem');
    expect(statSync(join(path, 'users', 'head.key.pem')).mode & 0o777).to.equal(0o600);
    const root = new Certificate(readFileSync(join(path, 'ca', 'root.cer')));
    expect(root.fingerprint in pinnedRoots.production).to.equal(false);
    const served = start(['eds', 'serve-test-authority', path]);
    const line = await new Promise<string>((resolve) =>
      served.stdout?.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      }),
    );
    const { ocsp } = JSON.parse(line) as { ocsp: string };
    expect(await statusOf(ocsp, path, 'person')).to.equal('good');
    expect(await statusOf(ocsp, path, 'person-revoked')).to.equal('revoked');
    const code = new Promise((resolve) => served.once('close', resolve));
    served.kill('SIGTERM');
    expect(await code).to.equal(0);
    const again = await zhashik([
      'eds',
      'test-authority',
      path,
      '--family',
      'gost2015-256',
      '--apply',
    ]);
    expect(again.code).to.not.equal(0);
  });

  describe('the configured services', () => {
    let place: Place;
    let services: EdsServices;
    const configured = (...args: readonly string[]): Promise<Ran> =>
      zhashik([...args, '--profile', 'test', '--config', place.config]);
    before(async () => {
      // The command asks the machine's clock, and so must the authority.
      const today = Date.now();
      const current = await TestAuthority.create({
        family: 'gost2015-512',
        now: today,
        randomBytes: seededBytes('services of today'),
      });
      services = new EdsServices(current, await person(current), systemClock);
      const url = await services.listen();
      place = new Place({
        eds: `{ ocsp: "${url}/ocsp", timestamps: "${url}/tsp", crls: ["${url}/crl"], timeoutMs: 20s, attempts: 1 }`,
      });
      writeFileSync(place.path('root.cer'), current.root.certificate.der);
      writeFileSync(place.path('issuing.cer'), current.issuing.certificate.der);
      const member = await person(current);
      writeFileSync(place.path('good.p7s'), await forge(member, { signedAt: today }));
      const { fingerprint } = current.root.certificate;
      const taken = await configured(
        ...['trust', 'import', place.path('root.cer'), place.path('issuing.cer')],
        ...['--i-know', fingerprint, '--apply'],
      );
      expect(taken.stderr + String(taken.code)).to.equal('0');
    });
    after(async () => {
      await services.close();
      place.remove();
    });

    it('are asked with --online', async () => {
      const offline = await configured('eds', 'verify', place.path('good.p7s'));
      expect(offline.code).to.equal(3);
      const { code, stdout } = await configured(
        ...['eds', 'verify', place.path('good.p7s'), '--online', '--json'],
      );
      expect(code).to.equal(0);
      expect(stdout).to.include('"source":"ocsp"');
      // The answer is kept for who asks next.
      const asked = services.requests;
      await configured('eds', 'verify', place.path('good.p7s'), '--online');
      expect(services.requests).to.equal(asked);
    });
    it('fill the lists and stamp, and are told apart when they fail', async () => {
      const { code, stdout } = await configured('eds', 'services');
      expect(stdout).to.match(/^good +crl .*\ngood +timestamps /);
      expect(code).to.equal(0);
      services.behaviour = 'status-500';
      const failed = await configured('eds', 'services');
      services.behaviour = 'right';
      expect(failed.stdout).to.match(
        /^FAILED +crl +service-silent\nFAILED +timestamps +service-silent/,
      );
      expect(failed.code).to.equal(69);
    });
  });

  describe('trust', () => {
    const trust = (command: string, ...more: readonly string[]): Promise<Ran> =>
      zhashik(['trust', command, '--store', at('store'), '--profile', 'test', ...more]);
    it('takes in a root that the operator knows, and what leads to it; and refuses others', async () => {
      const none = await trust('import', at('root.cer'), '--apply');
      expect(none).to.include({ code: 65 });
      expect(none.stdout).to.match(/^root-not-pinned /);
      const { fingerprint } = ca.root.certificate;
      const files = [at('root.cer'), at('issuing.cer'), '--i-know', fingerprint];
      const dry = await trust('import', ...files);
      expect(dry).to.include({ code: 0 });
      expect((await trust('list')).stdout).to.equal('');
      expect((await trust('import', ...files, '--apply')).code).to.equal(0);
      expect((await trust('list')).stdout).to.match(/^known .*\nissuer /);
      const check = await trust('check', '--json');
      expect(check.code).to.equal(0);
      const good = await zhashik([
        'eds',
        'verify',
        at('good.p7s'),
        '--profile',
        'test',
        '--trust',
        at('store'),
        '--at',
        when,
        '--crl',
        at('list.crl'),
      ]);
      expect(good.code).to.equal(0);
    });
    it('does not take a store of one profile for one of the other', async () => {
      const { code, stderr } = await zhashik(['trust', 'list', '--store', at('store')]);
      expect(code).to.equal(65);
      expect(stderr).to.include('is a trust store of test');
      const verified = await zhashik([
        'eds',
        'verify',
        at('good.p7s'),
        '--trust',
        at('store'),
        '--at',
        when,
      ]);
      expect(verified.code).to.equal(2);
    });
    it('notices a file that was changed', async () => {
      const name = readdirSync(at('store')).find((one) => one.endsWith('.cer')) ?? '';
      const before = readFileSync(at('store', name));
      writeFileSync(at('store', name), signer.certificate.der);
      const { code, stderr } = await trust('check');
      writeFileSync(at('store', name), before);
      expect(code).to.equal(65);
      expect(stderr).to.include('is not the certificate that was trusted');
    });
    it('tells of a store with nothing in it', async () => {
      const { code, stdout } = await zhashik(['trust', 'check', '--store', at('nothing')]);
      expect(code).to.equal(65);
      expect(stdout).to.include('empty');
    });
    it('takes the roots of the National CA in by what is pinned', async function () {
      if (!hasSharedData) this.skip();
      for (const name of [
        'root_gost_2022.pem',
        'root_rsa_2020.cer',
        'nca_gost_2022.pem',
        'nca_rsa_2022.cer',
      ]) {
        put(name, sharedFile(`ca/prod/${name}`));
      }
      put('test-root.cer', sharedFile('ca/test/root_test_gost_2022.cer'));
      put('old-root.pem', sharedFile('ca/prod/root_gost_2015.pem'));
      const store = ['--store', at('production')];
      const files = [
        'root_gost_2022.pem',
        'root_rsa_2020.cer',
        'nca_gost_2022.pem',
        'nca_rsa_2022.cer',
      ];
      const taken = await zhashik([
        'trust',
        'import',
        ...files.map((one) => at(one)),
        ...store,
        '--apply',
      ]);
      expect(taken.stdout).to.match(/^pinned .*\npinned .*\nissuer .*\nissuer /);
      expect(taken.code).to.equal(0);
      // A root of the test authority: not even when the operator insists.
      const testRoot = Object.keys(pinnedRoots.test).flatMap((one) => ['--i-know', one]);
      const refused = await zhashik([
        'trust',
        'import',
        at('test-root.cer'),
        ...testRoot,
        ...store,
        '--apply',
      ]);
      expect(refused).to.include({ code: 65 });
      expect(refused.stdout).to.match(/^other-profile /);
      const old = await zhashik(['trust', 'import', at('old-root.pem'), ...store, '--apply']);
      expect(old.stdout).to.match(/^root-not-pinned /);
    });
  });
});

/** What a responder says of a user of a test authority in a folder. */
async function statusOf(url: string, folder: string, user: string): Promise<string> {
  const verifier = new SignatureVerifier();
  const tools = { verifier, links: new VerifiedLinks(verifier) };
  const read = (...names: readonly string[]): Certificate =>
    new Certificate(readFileSync(join(folder, ...names)));
  const service = { url, timeoutMs: 20_000, attempts: 1, pauseMs: 1, userAgent: 'test' };
  const client = new OcspClient(tools, new HttpService(service));
  const today = Date.now();
  const answer = await client.status({
    certificate: read('users', `${user}.cer`),
    issuer: read('ca', 'issuing.cer'),
    now: today,
    reference: today,
  });
  return answer.status === 'unknown' ? answer.reason : answer.status;
}
