import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import forge from 'node-forge';
import { ConfigError } from '../src/config/config-error.ts';
import { type Config, parseConfig } from '../src/config/loader.ts';
import { ensureDevelopmentCertificate } from '../src/development/certificate.ts';
import { EdsVerifier } from '../src/eds/verify/eds-verifier.ts';
import { openOperatorKey } from '../src/open-operator-key.ts';
import { openState } from '../src/open-state.ts';
import { authority, person } from './eds/support/authorities.ts';
import { documentPolicy, trusting } from './eds/support/policies.ts';
import { StateBench, bin, iin, moment, query } from './gateway/state/state-bench.ts';

const clock = { now: () => moment };

/** The example of the documentation, as somebody would use it. */
async function example(): Promise<string> {
  const text = await readFile('docs/state-databases.md', 'utf8');
  return /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';
}

const beginning = [
  'version: 1',
  'server: { name: mail.example.kz }',
  'domains: { local: [example.kz] }',
  'data: { folder: data }',
  'listeners: { submissions: { enabled: false }, imaps: { enabled: false } }',
  '',
].join('\n');

/** A key with a certificate that it signed itself, for whatever a certificate may be for. */
function selfSigned(): { certificate: string; key: string; pkcs12: (password: string) => Buffer } {
  const keys = forge.pki.rsa.generateKeyPair({ bits: 2048, workers: -1 });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: 'commonName', value: 'Zhashik test operator' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return {
    certificate: forge.pki.certificateToPem(certificate),
    key: forge.pki.privateKeyToPem(keys.privateKey),
    pkcs12: (password) => {
      const file = forge.pkcs12.toPkcs12Asn1(keys.privateKey, [certificate], password, {
        algorithm: '3des',
      });
      return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary');
    },
  };
}

describe('R-13.4 state databases of a config', function () {
  this.timeout(60_000);
  const client = selfSigned();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhashik-state-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const parse = (text: string): Config =>
    parseConfig(beginning + text, join(folder, 'zhashik.yaml'), { OPERATOR_PASSWORD: 'құпия' });
  const plain = (url: string) =>
    example().then((text) =>
      text
        .replaceAll('https://smartbridge.example.kz', url)
        .replaceAll(/^ {6}(?:authority|certificate|key): .*\n/gm, '')
        .replace(/^ {4}password: .*$/m, '    password: { env: OPERATOR_PASSWORD }'),
    );
  const surroundings = (bench: StateBench) => ({
    clock,
    log: bench.noted.log,
    audit: { append: () => Promise.resolve() },
    vault: bench.vault,
    operator: undefined,
  });

  it('R-13.4 the documented example asks over TLS with our certificate, and signs', async () => {
    const server = await ensureDevelopmentCertificate(join(folder, 'server'), [], {
      now: () => Date.now(),
    });
    const bench = new StateBench({
      cert: await readFile(server.certificate),
      key: await readFile(server.key),
      ca: client.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    await writeFile(join(folder, 'client.pem'), client.certificate);
    await writeFile(join(folder, 'client.key'), client.key);
    const url = await bench.simulator.listen();
    const text = (await example())
      .replaceAll('https://smartbridge.example.kz', url)
      .replaceAll('/etc/zhashik/state/authority.pem', server.authority)
      .replaceAll('/etc/zhashik/state/', '')
      .replace(/^ {4}password: .*$/m, '    password: { env: OPERATOR_PASSWORD }');
    const ca = await authority('gost2015-512');
    const operator = await person(ca);
    const registry = await openState(parse(text), { ...surroundings(bench), operator });
    try {
      expect((await registry!.person(iin, query)).found?.name.given).to.equal('Ерлан');
      expect((await registry!.entity(bin, query)).found?.headIin).to.equal(iin);
      bench.simulator.setLifeStatus(iin, 'DEAD');
      expect(await registry!.events(undefined, 5)).to.deep.equal([
        { cursor: 'e1', at: moment, kind: 'death', iin },
      ]);
      expect(bench.requests).to.have.lengthOf(3);
      for (const { headers, body } of bench.requests) {
        const signature = Buffer.from(String(headers['x-signature']), 'base64');
        const policy = documentPolicy(trusting(...ca.roots), moment);
        const verdict = await new EdsVerifier().verify({ signature, content: body }, policy);
        expect(verdict.reasons).to.deep.equal([]);
      }
      // Without our certificate there is no answer.
      const withoutOurs = text.replaceAll(/^ {6}(?:certificate|key): .*\n/gm, '');
      const stranger = await openState(
        parse(withoutOurs.replaceAll('      format:', '      attempts: 1\n      format:')),
        { ...surroundings(bench), operator },
      );
      const failure: unknown = await stranger!.person(iin, query).catch((error: unknown) => error);
      expect(failure).to.deep.include({ trouble: 'silent' });
      expect(bench.requests).to.have.lengthOf(3);
      stranger!.close();
    } finally {
      registry!.close();
      await bench.close();
    }
  });

  it('there are none where the config names none', async () => {
    expect(await openState(parse(''), surroundings(new StateBench()))).to.equal(undefined);
  });

  it('a file that is not there, and a template of another format, are named with their setting', async () => {
    const bench = new StateBench();
    const problem = async (text: string): Promise<string> => {
      const failure: unknown = await openState(parse(text), surroundings(bench)).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(ConfigError);
      return (failure as ConfigError).message;
    };
    const good = await plain('http://127.0.0.1:1');
    expect(await problem(good.replace('format: json', 'format: json\n      authority: no.pem')))
      .to.include('gateway.state.persons.authority')
      .and.include('ENOENT');
    expect(await problem(good.replace('format: json', 'format: xml'))).to.include(
      'the template of persons does not make a request in xml',
    );
  });

  describe('the settings', () => {
    const problems = (text: string): string[] => {
      try {
        parse(text);
      } catch (error) {
        if (error instanceof ConfigError) {
          return error.problems.map(({ path, message }) => `${path}: ${message}`);
        }
        throw error;
      }
      return [];
    };

    it('take the example', async () => {
      expect(problems(await plain('https://x.kz'))).to.deep.equal([]);
    });

    for (const [what, from, to, problem] of [
      [
        'http',
        'https://x.kz/json/persons',
        'http://x.kz/json/persons',
        'persons.url: expected https',
      ],
      ['a login', 'https://x.kz/json/persons', 'ftp://x.kz', 'persons.url: expected an address'],
      [
        'another placeholder',
        '"{{iin}}"',
        '"{{bin}}"',
        'template: expected only these placeholders',
      ],
      ['a place without a slash', 'iin: /person/iin', 'iin: person', 'iin: expected a place'],
      ['another word of ours', 'DEAD: dead', 'DEAD: gone', 'status.values.DEAD'],
      [
        'a certificate alone',
        'format: json',
        'format: json\n      certificate: c',
        'persons.key: certif',
      ],
      ['no agreement', "agreement: '2026-123'", "agreement: ''", 'persons.agreement'],
      ['no outcome', /outcome: .*\n/, '\n', 'persons.answer.outcome: is missing'],
      ['signatures without a key', /operatorKey:\n.*\n.*\n/, '\n', 'needs gateway.operatorKey'],
      ['a wrong setting', 'signatureHeader:', 'signature:', 'gateway.state.signature: no such'],
    ] as const) {
      it(`refuse ${what}`, async () => {
        const text = (await plain('https://x.kz')).replace(from, to);
        expect(problems(text).join('\n')).to.include(problem);
      });
    }

    it('allow http to this machine, and in a closed network where it is said', async () => {
      for (const url of ['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:1']) {
        expect(problems(await plain(url)), url).to.deep.equal([]);
      }
      expect(problems(await plain('http://localhost.evil.kz'))).to.have.lengthOf(3);
      const text = await plain('http://10.0.0.1');
      expect(problems(text.replaceAll('format:', 'cleartext: true\n      format:'))).to.deep.equal(
        [],
      );
    });

    it('start relative files at the folder of the config', async () => {
      const { gateway } = parse(
        await plain('https://x.kz').then((text) =>
          text
            .replace('/etc/zhashik/identity.key', 'identity.key')
            .replace('format: json', 'format: json\n      authority: a.pem'),
        ),
      );
      expect(gateway.identityKeyFile).to.equal(join(folder, 'identity.key'));
      expect(gateway.state?.persons.authority).to.equal(join(folder, 'a.pem'));
      expect(gateway.operatorKey?.password.reveal()).to.equal('құпия');
      expect(JSON.stringify(gateway)).to.not.include('құпия');
    });
  });

  describe("the operator's key", () => {
    const open = async (file: Buffer | undefined): Promise<string> => {
      if (file !== undefined) await writeFile(join(folder, 'operator.p12'), file);
      const text =
        'gateway: { operatorKey: { file: operator.p12, password: { env: OPERATOR_PASSWORD } } }';
      try {
        const signer = await openOperatorKey(parse(text));
        return createHash('sha256').update(signer!.certificate.der).digest('hex');
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    };

    it('is read from its file', async () => {
      const der = forge.pem.decode(client.certificate)[0]!.body;
      expect(await open(client.pkcs12('құпия'))).to.equal(
        createHash('sha256').update(Buffer.from(der, 'binary')).digest('hex'),
      );
    });

    it('is refused with another password, damaged or missing, with the setting named', async () => {
      const setting = 'gateway.operatorKey';
      expect(await open(undefined))
        .to.include(setting)
        .and.include('ENOENT');
      expect(await open(client.pkcs12('other')))
        .to.include(setting)
        .and.include('password');
      expect(await open(Buffer.from('no key')))
        .to.include(setting)
        .and.include('no PKCS #12');
    });

    it('is none where the config names none', async () => {
      expect(await openOperatorKey(parse(''))).to.equal(undefined);
    });
  });
});
