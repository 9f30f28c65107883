import { expect } from 'chai';
import { ConfigError } from '../../src/config/config-error.ts';
import { type Config, parseConfig } from '../../src/config/loader.ts';

const beginning = [
  'version: 1',
  'server: { name: mail.example.kz }',
  'domains: { local: [example.kz] }',
  'data: { folder: data }',
  'listeners: { submissions: { enabled: false }, imaps: { enabled: false } }',
  '',
].join('\n');
const parse = (text: string): Config =>
  parseConfig(`${beginning}gateway: ${text}`, '/etc/zhashik/zhashik.yaml', {});

describe('settings of the gateway', () => {
  it('have no test identifiers, no key file and no state databases by themselves', () => {
    const { identityKeyFile, operatorKey, state, ...others } = parse('{}').gateway;
    expect({ identityKeyFile, operatorKey, state }).to.deep.equal({
      identityKeyFile: undefined,
      operatorKey: undefined,
      state: undefined,
    });
    expect(others).to.deep.equal({
      enabled: false,
      proxyNetworks: [],
      clientCertificates: false,
      agreements: '/etc/zhashik/agreement',
      trust: 'production',
      testIdentifiers: [],
    });
  });

  it('know the operator by a BIN of twelve digits and a name in three languages', () => {
    const names = '{ kk: Пошта, ru: Почта, en: Post }';
    const { operator } = parse(`{ operator: { bin: '200240990109', names: ${names} } }`).gateway;
    expect(operator).to.deep.equal({
      bin: '200240990109',
      names: { kk: 'Пошта', ru: 'Почта', en: 'Post' },
    });
    for (const wrong of [
      `{ bin: '20024099010', names: ${names} }`,
      `{ bin: 200240990109, names: ${names} }`,
      "{ bin: '200240990109', names: { kk: Пошта, ru: Почта } }",
      "{ bin: '200240990109', names: { kk: '', ru: Почта, en: Post } }",
    ]) {
      expect(() => parse(`{ operator: ${wrong} }`), wrong).to.throw(ConfigError);
    }
  });

  it('list test identifiers of twelve digits, as texts: a number loses its zeros', () => {
    const { testIdentifiers } = parse("{ testIdentifiers: ['023456789011'] }").gateway;
    expect(testIdentifiers).to.deep.equal(['023456789011']);
    for (const wrong of [
      '12345678901',
      '1234567890123',
      '12345678901a',
      '１２３４５６７８９０１１',
    ]) {
      expect(() => parse(`{ testIdentifiers: ['${wrong}'] }`), wrong).to.throw(ConfigError);
    }
    expect(() => parse('{ testIdentifiers: [123456789011] }')).to.throw(ConfigError);
    const many = (count: number) => JSON.stringify(Array<string>(count).fill('123456789011'));
    parse(`{ testIdentifiers: ${many(100)} }`);
    expect(() => parse(`{ testIdentifiers: ${many(101)} }`)).to.throw(ConfigError);
  });

  it('name an operator key whose password cannot be read', () => {
    expect(() => parse('{ operatorKey: { file: a.p12, password: { env: NOT_SET } } }')).to.throw(
      'gateway.operatorKey.password: environment variable NOT_SET is not set',
    );
  });
});
