import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { ConfigError } from '../../src/config/config-error.ts';
import { type Config, loadConfig, parseConfig } from '../../src/config/loader.ts';

const least = `
version: 1
server: { name: mail.example.kz }
domains: { local: [example.kz] }
data: { folder: data }
listeners: { submissions: { enabled: false }, imaps: { enabled: false } }
`;

function parse(text: string, environment: Record<string, string> = {}): Config {
  return parseConfig(text, '/etc/zhashik/zhashik.yaml', environment);
}

function problems(text: string, environment: Record<string, string> = {}): string[] {
  try {
    parse(text, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message, line }) => `${line ?? '-'} ${path}: ${message}`);
  }
  return [];
}

describe('config loader', () => {
  it('asks clients for no more SCRAM rounds than Cyrus SASL computes, by default and at most', () => {
    expect(parse(least).login.scramIterations).to.equal(65_536);
    expect(problems(`${least}login: { scramIterations: 65537 }\n`)).to.have.lengthOf(1);
  });

  it('fills in every default', () => {
    const config = parse(least);
    expect(config.listeners.smtp).to.deep.equal({
      enabled: true,
      host: '127.0.0.1',
      port: 2525,
      proxyNetworks: [],
      xclientNetworks: [],
    });
    const ports = Object.entries(config.listeners).map(([name, { port }]) => [name, port]);
    expect(Object.fromEntries(ports)).to.deep.equal({
      smtp: 2525,
      submission: 2587,
      submissions: 2465,
      lmtp: 2424,
      imap: 2143,
      imaps: 2993,
      http: 2443,
      metrics: 9464,
    });
    expect(config.listeners.http.enabled).to.equal(false);
    expect(config.listeners.metrics.enabled).to.equal(false);
    expect(config.limits.messageBytes).to.equal(50 * 2 ** 20);
    expect(config.domains.default).to.equal('example.kz');
    expect(config.relay).to.equal(undefined);
  });

  it('takes paths from the folder of the file', () => {
    const config = parse(least + 'tls: { certificate: tls/a.pem, key: /keys/a.key }');
    expect(config.data).to.deep.equal({
      folder: '/etc/zhashik/data',
      controlSocket: '/etc/zhashik/data/control.sock',
    });
    expect(config.tls).to.deep.equal({
      certificate: '/etc/zhashik/tls/a.pem',
      key: '/keys/a.key',
    });
  });

  it('is frozen to the bottom', () => {
    const config = parse(least);
    expect(Object.isFrozen(config.listeners.imap)).to.equal(true);
    expect(Object.isFrozen(config.domains.local)).to.equal(true);
  });

  it('keeps domains as A-labels', () => {
    const text = least.replace('[example.kz]', '[Пошта.ҚАЗ, Example.KZ]');
    const { domains } = parse(text);
    expect(domains.local).to.deep.equal(['xn--80a1acn3a.xn--80ao21a', 'example.kz']);
    expect(domains.default).to.equal('xn--80a1acn3a.xn--80ao21a');
  });

  const units: readonly (readonly [string, number])[] = [
    ['messageBytes: 70000', 70_000],
    ['messageBytes: 64 KiB', 65_536],
    ['messageBytes: 1.5MiB', 1_572_864],
    ['messageBytes: 1 GiB', 2 ** 30],
    ['smtpTimeoutMs: 5 min', 300_000],
    ['smtpTimeoutMs: 90s', 90_000],
    ['smtpTimeoutMs: 1500', 1500],
    ['smtpTimeoutMs: 1 h', 3_600_000],
  ];
  for (const [line, value] of units) {
    it(`reads ${line}`, () => {
      const { limits } = parse(`${least}limits: { ${line} }`);
      expect(limits[line.split(':')[0] as 'messageBytes']).to.equal(value);
    });
  }

  const wrong: readonly (readonly [string, string, string[]])[] = [
    ['an unknown setting', 'limits:\n  recipient: 5\n', ['8 limits.recipient: no such setting']],
    ['an unknown section', 'lmits: {}\n', ['7 lmits: no such setting']],
    [
      'a wrong type, by its line',
      'limits:\n  # a remark\n  recipients: many\n',
      ['9 limits.recipients: expected number, received string'],
    ],
    [
      'a number out of range',
      'limits: { recipients: 5 }\n',
      ['7 limits.recipients: Too small: expected number to be >=100'],
    ],
    [
      'an unknown unit',
      'limits: { messageBytes: 5 MB }\n',
      ['7 limits.messageBytes: expected a size such as 50 MiB (units: B, KiB, MiB, GiB, TiB)'],
    ],
    [
      'too little',
      'limits: { messageBytes: 1 KiB }\n',
      ['7 limits.messageBytes: expected at least 64 KiB'],
    ],
    ['too much', 'limits: { stopMs: 1 h }\n', ['7 limits.stopMs: expected at most 10 min']],
    [
      'a word that is none of the choices',
      'log: { level: loud }\n',
      ['7 log.level: expected one of "debug"|"info"|"warn"|"error"'],
    ],
    [
      'a secret in the file',
      'relay: { host: a, user: b, password: hunter2 }\n',
      [
        '7 relay.password: expected { file: … } or { env: … }: a secret is not written into this file',
      ],
    ],
    [
      'a user without a password',
      'relay: { host: a, user: b }\n',
      ['7 relay: user and password are given together or not at all'],
    ],
    [
      'a network that is none',
      'login: { unthrottledNetworks: [10.0.0.0/33] }\n',
      ['7 login.unthrottledNetworks.0: expected an IP address or network such as 10.0.0.0/8'],
    ],
    [
      'a cost that is no power of two',
      'login: { scryptN: 5000 }\n',
      ['7 login.scryptN: expected a power of two'],
    ],
    ['a key twice', 'log: {}\nlog: {}\n', ['8 : Map keys must be unique']],
    ['half a certificate', 'tls: { certificate: a.pem }\n', ['- tls.key: is missing']],
  ];
  for (const [name, lines, expected] of wrong) {
    it(`names ${name}`, () => {
      expect(problems(least + lines)).to.deep.equal(expected);
    });
  }

  it('names everything that is missing', () => {
    expect(problems('version: 1\n')).to.deep.equal([
      '- server: is missing',
      '- domains: is missing',
      '- data: is missing',
    ]);
    expect(problems('')).to.have.length(4);
    expect(problems('- a list')).to.have.length(1);
  });

  it('refuses another version of the format', () => {
    expect(problems(least.replace('version: 1', 'version: 2'))).to.deep.equal([
      '2 version: expected 1',
    ]);
  });

  it('wants a certificate for TLS listeners', () => {
    const text = least.replace('imaps: { enabled: false }', 'imaps: {}');
    expect(problems(text)).to.deep.equal([
      '6 listeners.imaps: needs tls.certificate and tls.key, or enabled: false',
    ]);
  });

  it('sees two listeners in one place', () => {
    const text = least.replace('imaps:', 'imap: { port: 2525 }, imaps:');
    expect(problems(text)).to.deep.equal([
      '6 listeners.imap.port: is also the port of listeners.smtp',
    ]);
  });

  it('wants the default domain among the local ones', () => {
    const text = least.replace('[example.kz]', '[example.kz], default: example.com');
    expect(problems(text)).to.deep.equal(['4 domains.default: expected one of domains.local']);
  });

  it('names a syntax error by its line', () => {
    expect(problems('version: 1\nserver: { name: x\n')[0]).to.match(/^\d+ : /);
  });

  describe('secrets', () => {
    const relay = (password: string): string =>
      `${least}relay: { host: relay.example.kz, user: u, password: ${password} }\n`;

    it('come from the environment and are never printed', () => {
      const config = parse(relay('{ env: RELAY_PASSWORD }'), { RELAY_PASSWORD: 'hunter2' });
      expect(config.relay?.password?.reveal()).to.equal('hunter2');
      expect(
        JSON.stringify(config) + inspect(config, { depth: 9 }) + String(config.relay?.password),
      ).not.to.include('hunter2');
    });

    it('come from a file beside the config', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'zhashik-config-'));
      try {
        writeFileSync(join(folder, 'secret'), 'hunter2\n');
        writeFileSync(join(folder, 'c.yaml'), relay('{ file: secret }'));
        const config = await loadConfig(join(folder, 'c.yaml'), {});
        expect(config.relay?.password?.reveal()).to.equal('hunter2');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('are missed by name', () => {
      expect(problems(relay('{ env: RELAY_PASSWORD }'))).to.deep.equal([
        '7 relay.password: environment variable RELAY_PASSWORD is not set',
      ]);
      expect(problems(relay('{ file: /nowhere/secret }'))).to.deep.equal([
        '7 relay.password: /nowhere/secret: no such file',
      ]);
    });
  });

  it('names a file that is not there', async () => {
    const error: unknown = await loadConfig('/nowhere/zhashik.yaml').catch((e: unknown) => e);
    expect(String(error)).to.equal('ConfigError: /nowhere/zhashik.yaml: no such file');
  });

  for (const file of ['config/zhashik.yaml', 'config/development.yaml']) {
    it(`finds ${file} good`, async () => {
      expect((await loadConfig(file)).domains.local).to.deep.equal(['example.kz']);
    });
  }

  it('finds config/cluster.yaml good, with its secrets in their place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-config-'));
    try {
      for (const name of ['mongodb-password', 'redis-password']) {
        writeFileSync(join(folder, name), `${name}\n`);
      }
      const text = readFileSync('config/cluster.yaml', 'utf8').replaceAll('/etc/zhashik', folder);
      const { store, bus } = parse(text);
      expect(store.mongodb?.password?.reveal()).to.equal('mongodb-password');
      expect(bus.redis?.password?.reveal()).to.equal('redis-password');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('store and bus', () => {
    const mongodb =
      'store: { kind: mongodb, mongodb: { url: "mongodb://db1,db2:27018/?replicaSet=rs0"';

    it('are the embedded one and the process itself unless the file says more', () => {
      const { store, bus } = parse(least);
      expect(store).to.deep.equal({ kind: 'embedded', mongodb: undefined });
      expect(bus).to.deep.equal({ kind: 'local', redis: undefined });
      expect(parse(`${least}store: { shards: 4 }`).store.shards).to.equal(4);
    });

    it('have servers with logins from elsewhere', () => {
      const text = [
        `${mongodb}, user: zhashik, password: { env: DB }, authority: ca.pem } }`,
        'bus: { kind: redis, redis: { url: rediss://redis:6380/2, password: { env: BUS } } }',
      ].join('\n');
      const { store, bus } = parse(least + text, { DB: 'one', BUS: 'two' });
      expect(store.mongodb).to.deep.include({
        url: 'mongodb://db1,db2:27018/?replicaSet=rs0',
        database: 'zhashik',
        user: 'zhashik',
        authority: '/etc/zhashik/ca.pem',
      });
      expect(store.mongodb?.password?.reveal()).to.equal('one');
      expect(bus.redis).to.deep.include({ url: 'rediss://redis:6380/2', prefix: 'zhashik' });
      expect(bus.redis?.password?.reveal()).to.equal('two');
    });

    const cases: readonly (readonly [text: string, problem: string])[] = [
      ['store: { kind: mongodb }', '- store.mongodb: is missing, for kind: mongodb'],
      ['bus: { kind: redis }', '- bus.redis: is missing, for kind: redis'],
      [
        'store: { mongodb: { url: mongodb://db } }',
        '7 store.mongodb: is set, and store.kind is not mongodb',
      ],
      ['bus: { redis: { url: redis://r } }', '7 bus.redis: is set, and bus.kind is not redis'],
      [`${mongodb} }, shards: 2 }`, '7 store.shards: is a setting of kind: embedded'],
      [
        'store: { kind: mongodb, mongodb: { url: db1:27017 } }',
        '7 store.mongodb.url: expected a URL such as mongodb://db1:27017,db2:27017/?replicaSet=rs0',
      ],
      [
        'store: { kind: mongodb, mongodb: { url: "mongodb://me:secret@db1/" } }',
        '7 store.mongodb.url: has a login in it: name it with user and password',
      ],
      [
        'bus: { kind: redis, redis: { url: http://r } }',
        '7 bus.redis.url: expected a URL such as rediss://redis:6379/0',
      ],
      [
        'bus: { kind: redis, redis: { url: "redis://:secret@r" } }',
        '7 bus.redis.url: has a login in it: name it with user and password',
      ],
      [
        `${mongodb}, user: me } }`,
        '7 store.mongodb: user and password are given together or not at all',
      ],
      [
        'bus: { kind: redis, redis: { url: redis://r, user: me } }',
        '7 bus.redis: a user needs a password',
      ],
      [
        `${mongodb}, database: 'a.b' } }`,
        '7 store.mongodb.database: expected up to 38 letters, digits, - and _',
      ],
      [
        `${mongodb}, user: me, password: { env: NONE } } }`,
        '7 store.mongodb.password: environment variable NONE is not set',
      ],
    ];
    for (const [text, problem] of cases) {
      it(`refuse ${text}`, () => {
        expect(problems(least + text)).to.deep.equal([problem]);
      });
    }
  });
});
