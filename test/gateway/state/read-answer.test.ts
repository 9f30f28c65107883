import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../../src/gateway/state/limits.ts';
import { readAnswer } from '../../../src/gateway/state/read-answer.ts';
import { WrongAnswer } from '../../../src/gateway/state/wrong-answer.ts';

const json = (text: string) => readAnswer(Buffer.from(text), 'json');
const xml = (text: string) => readAnswer(Buffer.from(text), 'xml');

function trouble(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WrongAnswer) return error.trouble;
    throw error;
  }
  return 'none';
}

describe('answers of a state database in JSON', () => {
  const answer = json(
    '{"a":{"b":" text ","n":12,"t":true,"x":null,"":"empty name","o":{},"f":1.5,"big":1e300},' +
      '"list":[{"v":"1"},{"v":"2"}],"a/b":"slash","m~n":"tilde","e":"  "}',
  );
  for (const [place, text] of [
    ['/a/b', 'text'],
    ['/a/n', '12'],
    ['/a/t', 'true'],
    ['/a/x', undefined],
    ['/a/x/deeper', undefined],
    ['/a/b/deeper', undefined],
    ['/e', undefined],
    ['/list/1/v', '2'],
    ['/list/2/v', undefined],
    ['/a~1b', 'slash'],
    ['/m~0n', 'tilde'],
    ['/nothing', undefined],
    ['/toString', undefined],
    ['/__proto__', undefined],
    ['/list/length', undefined],
  ] as const) {
    it(`${place} is ${text ?? 'not there'}`, () => {
      expect(answer.text(place)).to.equal(text);
    });
  }

  it('an object, a list and a fraction are no text', () => {
    for (const place of ['/a', '/list', '/a/f', '/a/big', '/a/o']) {
      expect(
        trouble(() => answer.text(place)),
        place,
      ).to.equal('wrong');
    }
  });

  it('a list has items; nothing has none; a text is no list', () => {
    expect(answer.items('/list').map((one) => one.text('/v'))).to.deep.equal(['1', '2']);
    expect(answer.items('/a/x')).to.deep.equal([]);
    expect(answer.items('/nothing')).to.deep.equal([]);
    expect(trouble(() => answer.items('/a'))).to.equal('wrong');
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['a page', '<html></html>'],
    ['half of it', '{"a":"850101399113'],
    ['two values', '{} {}'],
    ['very deep', '['.repeat(500_000)],
  ] as const) {
    it(`${what} is unreadable, and the error does not quote it`, () => {
      expect(trouble(() => json(text))).to.equal('unreadable');
      expect(() => json(text)).to.throw(/^the answer is not JSON$/);
    });
  }

  it('other octets than UTF-8 are unreadable', () => {
    const latin = Buffer.from('{"a":"\u00e9"}', 'latin1');
    expect(trouble(() => readAnswer(latin, 'json'))).to.equal('unreadable');
  });
});

describe('answers of a state database in XML', () => {
  const answer = xml(
    '<?xml version="1.0" encoding="utf-8"?><s:E xmlns:s="urn:s" xmlns="urn:d"><s:B><p id=" 7 " s:id="8">' +
      '<a> one &amp; two </a><c><![CDATA[<three>]]></c><!-- no --><e/><w> </w>' +
      '<i><v>1</v></i><i><v>2</v></i><x>te<y/>xt</x></p></s:B></s:E>',
  );
  for (const [place, text] of [
    ['/E/B/p/a', 'one & two'],
    ['/E/B/p/c', '<three>'],
    ['/E/B/p/@id', '7'],
    ['/E/B/p/@none', undefined],
    ['/E/@s', undefined],
    ['/E/B/p/e', undefined],
    ['/E/B/p/w', undefined],
    ['/E/B/p/none', undefined],
    ['/B/p/a', undefined],
    ['/s:E/s:B/p/a', undefined],
  ] as const) {
    it(`${place} is ${text ?? 'not there'}`, () => {
      expect(answer.text(place)).to.equal(text);
    });
  }

  it('what is there twice, and what has elements in it, is no text', () => {
    expect(trouble(() => answer.text('/E/B/p/i/v'))).to.equal('wrong');
    expect(trouble(() => answer.text('/E/B/p/x'))).to.equal('wrong');
    expect(trouble(() => xml('<a><b k="1"/><b k="2"/></a>').text('/a/b/@k'))).to.equal('wrong');
  });

  it('elements of a name are items', () => {
    expect(answer.items('/E/B/p/i').map((one) => one.text('/v'))).to.deep.equal(['1', '2']);
    expect(answer.items('/E/B/none')).to.deep.equal([]);
  });

  for (const [what, text, message] of [
    ['nothing', '', 'well-formed'],
    ['JSON', '{"iin":"850101399113"}', 'well-formed'],
    ['an element that is not closed', '<a><iin>850101399113</iin>', 'well-formed'],
    ['two roots', '<a/><a/>', 'well-formed'],
    ['an attribute twice', '<a b="1" b="2"/>', 'well-formed'],
    ['a prefix that nobody declared', '<x:a/>', 'well-formed'],
    ['an entity', '<a>&iin850101399113;</a>', 'well-formed'],
    ['a character that XML has not', '<a>&#0;</a>', 'well-formed'],
    ['a document type', '<!DOCTYPE a><a/>', 'document type'],
    [
      'entities that grow',
      '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
      'document type',
    ],
    ['a file of ours', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'type'],
    ['another encoding', '<?xml version="1.0" encoding="windows-1251"?><a/>', 'UTF-8'],
  ] as const) {
    it(`${what}: unreadable, and the error does not quote it`, () => {
      expect(trouble(() => xml(text))).to.equal('unreadable');
      expect(() => xml(text))
        .to.throw(message)
        .and.not.match(/850101399113/);
    });
  }

  it('has elements to the deepest level and no deeper', () => {
    const nested = (levels: number) => '<a>'.repeat(levels) + 'x' + '</a>'.repeat(levels);
    expect(xml(nested(limits.depth)).text('/a'.repeat(limits.depth))).to.equal('x');
    expect(() => xml(nested(limits.depth + 1))).to.throw('too deep');
    expect(() => xml('<a>'.repeat(300_000))).to.throw('too deep');
  });

  it('has so many elements and attributes and no more', () => {
    const many = (nodes: number) => `<a>${'<b k="1"/>'.repeat((nodes - 1) / 2)}</a>`;
    xml(many(limits.xmlNodes - 1));
    expect(() => xml(many(limits.xmlNodes + 1))).to.throw('too much');
  });
});

describe('answers of a state database', () => {
  it('of any octets are read or refused (seed 13)', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<a b="',
      '"/>',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?x',
      '?>',
      '&lt;',
      '&#x',
      '<!DOCTYPE',
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      'ә',
      '\u0000',
      '1e9',
      'null',
      '\\u00',
      ';',
    );
    const octets = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((all) => Buffer.from(all.join(''))),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(octets, fc.constantFrom('json' as const, 'xml' as const), (body, format) => {
        expect(trouble(() => readAnswer(body, format).text('/a/b'))).to.be.oneOf([
          'none',
          'unreadable',
          'wrong',
        ]);
      }),
      { seed: 13, numRuns: 1000 },
    );
  });
});
