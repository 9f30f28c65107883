import { expect } from 'chai';
import { parseAddressList, type Address } from '../../src/mail/address.ts';

type Quad = readonly [
  name: string | undefined,
  route: string | undefined,
  mailbox: string | undefined,
  host: string | undefined,
];

const none = undefined;
const missing = ['MISSING_MAILBOX', 'MISSING_DOMAIN'] as const;
const groupEnd: Quad = [none, none, none, none];

const rows: readonly (readonly [text: string, ...want: Quad[]])[] = [
  ['', ...[]],
  [' \t(nothing but a comment)', ...[]],
  ['user@domain', [none, none, 'user', 'domain']],
  ['"user"@domain', [none, none, 'user', 'domain']],
  ['"user name"@domain', [none, none, 'user name', 'domain']],
  ['"user@na\\\\me"@domain', [none, none, 'user@na\\me', 'domain']],
  ['"user\\"name"@domain', [none, none, 'user"name', 'domain']],
  ['""@domain', [none, none, '', 'domain']],
  ['user', [none, none, 'user', 'MISSING_DOMAIN']],
  ['@domain', [none, none, 'MISSING_MAILBOX', 'domain']],
  ['aaaa@', [none, none, 'aaaa', 'MISSING_DOMAIN']],
  ['a(aa', [none, none, ...missing]],
  ['Display Name', ['Display Name', none, ...missing]],
  ['"Display Name"', ['Display Name', none, ...missing]],
  ['Display "Name"', ['Display Name', none, ...missing]],
  ['""', ['', none, ...missing]],
  ['<user@domain>', [none, none, 'user', 'domain']],
  ['< user @ domain >', [none, none, 'user', 'domain']],
  ['<"user name"@domain>', [none, none, 'user name', 'domain']],
  ['<""@domain>', [none, none, '', 'domain']],
  ['<user>', [none, none, 'user', 'MISSING_DOMAIN']],
  ['<>', [none, none, ...missing]],
  ['<@>', [none, 'INVALID_ROUTE', ...missing]],
  ['<@route>', [none, 'INVALID_ROUTE', ...missing]],
  ['Name <user@domain', ['Name', none, 'user', 'SYNTAX_ERROR']],
  ['Name <user domain>', ['Name', none, 'user', 'SYNTAX_ERROR']],
  ['user@domain (Display Name)', ['Display Name', none, 'user', 'domain']],
  ['user@domain (Display (nested) \\) Name)', ['Display (nested) ) Name', none, 'user', 'domain']],
  ['user (Display Name)', ['Display Name', none, 'user', 'MISSING_DOMAIN']],
  ['user@domain ()', [none, none, 'user', 'domain']],
  ['Display Name <user@domain>', ['Display Name', none, 'user', 'domain']],
  ['Display  \t Name <user@domain>', ['Display Name', none, 'user', 'domain']],
  ['"Display  Name" <user@domain>', ['Display  Name', none, 'user', 'domain']],
  ['"Display\\"Name" <user@domain>', ['Display"Name', none, 'user', 'domain']],
  ['John Q. Public <john@example.com>', ['John Q. Public', none, 'john', 'example.com']],
  ['A (comment) B <a@b>', ['A B', none, 'a', 'b']],
  ['"" <user@domain>', [none, none, 'user', 'domain']],
  ['=?utf-8?B?0JA=?= <a@b>', ['=?utf-8?B?0JA=?=', none, 'a', 'b']],
  ['Әйгерім Серікова <әйгерім@почта.қаз>', ['Әйгерім Серікова', none, 'әйгерім', 'почта.қаз']],
  ['<@route:user@domain>', [none, '@route', 'user', 'domain']],
  ['N <@a,@b:user@domain>', ['N', '@a,@b', 'user', 'domain']],
  ['<@a@b:user@domain>', [none, '@a,@b', 'user', 'domain']],
  ['"foo: <a@b>;," <user@domain>', ['foo: <a@b>;,', none, 'user', 'domain']],
  ['user@[192.0.2.1]', [none, none, 'user', '[192.0.2.1]']],
  ['user@[IPv6:2001:db8::1] (x)', ['x', none, 'user', '[IPv6:2001:db8::1]']],
  ['first . last @ sub . domain', [none, none, 'first.last', 'sub.domain']],
  ['..foo..bar..@example.com', [none, none, '..foo..bar..', 'example.com']],
  ['.@example.com', [none, none, '.', 'example.com']],
  ['a@b, c@d,e@f', [none, none, 'a', 'b'], [none, none, 'c', 'd'], [none, none, 'e', 'f']],
  ['a@b,', [none, none, 'a', 'b']],
  ['a@b (x', [none, none, 'a', 'MISSING_DOMAIN']],
  ['group:;', [none, none, 'group', none], groupEnd],
  ['group: (foo) ;', [none, none, 'group', none], groupEnd],
  [
    'A group: g1@d1.org, "G 2" <g2@d2.org>;, last@d3.org',
    [none, none, 'A group', none],
    [none, none, 'g1', 'd1.org'],
    ['G 2', none, 'g2', 'd2.org'],
    groupEnd,
    [none, none, 'last', 'd3.org'],
  ],
  ['undisclosed-recipients:', [none, none, 'undisclosed-recipients', none], groupEnd],
  ['group: a@b', [none, none, 'group', none], [none, none, 'a', 'b'], groupEnd],
];

describe('parseAddressList', () => {
  for (const [text, ...want] of rows) {
    it(JSON.stringify(text), () => {
      expect(parseAddressList(text).map(quad)).to.deep.equal(want);
    });
  }

  it('reads each address of a list as it reads it alone', () => {
    // An open comment and a broken address hide what follows.
    const good = rows.filter(
      ([text, ...want]) =>
        want.length === 1 &&
        !/\([^)]*$/.test(text) &&
        want[0]?.[3] !== 'SYNTAX_ERROR' &&
        !text.endsWith(','),
    );
    for (const [text, ...want] of good) {
      expect(parseAddressList(`${text} , ${text}`).map(quad), text).to.deep.equal([
        ...want,
        ...want,
      ]);
    }
  });

  it('takes no more than the limit', () => {
    expect(parseAddressList('a@b,'.repeat(100), 7)).to.have.length(7);
    expect(parseAddressList(`g:${'a@b,'.repeat(100)};`, 7).length).to.be.at.most(8);
  });

  it('needs steps in proportion to the length, whatever the text', () => {
    for (const piece of [
      '(',
      '"',
      '<',
      'a(',
      '"a',
      'a:',
      'a,',
      '@',
      '<@a',
      'a@b,(',
      '\\(',
      'g:a,',
      '[',
      'a@[',
    ]) {
      const text = piece.repeat(200_000 / piece.length);
      const start = process.cpuUsage();
      parseAddressList(text);
      const { user } = process.cpuUsage(start);
      // Quadratic work would take minutes.
      expect(user / 1000, piece).to.be.below(2000);
    }
  });
});

function quad({ name, route, mailbox, host }: Address): Quad {
  return [name, route, mailbox, host];
}
