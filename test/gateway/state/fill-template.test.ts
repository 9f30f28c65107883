import { expect } from 'chai';
import fc from 'fast-check';
import { fillTemplate } from '../../../src/gateway/state/fill-template.ts';
import { readAnswer } from '../../../src/gateway/state/read-answer.ts';
import { writeXml } from '../../../src/gateway/state/write-xml.ts';

/** What means something in JSON, XML or a template, what they cannot say, and letters. */
const unit = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    '{{v}}',
    '<',
    '>',
    '&',
    "'",
    ']]>',
    '$&',
    '\0',
    '\n',
    '\ud800',
    '\uffff',
  ),
  fc.constantFrom('a', 'ә', ' ', '\u{1f600}'),
);

describe('templates of requests', () => {
  it('values come once: what looks like a placeholder in one stays as it is', () => {
    const values = { a: '{{b}}', b: 'secret', $1: 'x' };
    expect(fillTemplate('{{a}} $& {{$1}}', values, 'json')).to.equal('{{b}} $& x');
  });

  it('a name without a value is an error, also one that every object has', () => {
    for (const name of ['none', 'toString', '__proto__', '']) {
      expect(() => fillTemplate(`{{${name}}}`, { a: 'x' }, 'json')).to.throw(RangeError);
    }
  });

  it('a JSON string holds the value and nothing else (seed 25)', () => {
    fc.assert(
      fc.property(fc.string({ unit }), (value) => {
        const text = fillTemplate('{"before": 1, "v": "{{v}}", "after": 2}', { v: value }, 'json');
        expect(JSON.parse(text)).to.deep.equal({ before: 1, v: value, after: 2 });
      }),
      { seed: 25, numRuns: 1000 },
    );
  });

  it('an XML element and an attribute hold the value and nothing else (seed 25)', () => {
    const template = '<r><v k="{{v}}">{{v}}</v><w>2</w></r>';
    const value = fc.oneof(fc.string({ unit }), fc.stringMatching(/^[<>&"'\]a\]]{1,9}$/));
    fc.assert(
      fc.property(value, (v) => {
        const answer = readAnswer(Buffer.from(fillTemplate(template, { v }, 'xml')), 'xml');
        // Line ends and white space are not kept as they are, what XML has no way to write is replaced.
        const same = /^[\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(v);
        if (same) {
          expect(answer.text('/r/v')).to.equal(v.trim() || undefined);
          expect(answer.text('/r/v/@k')).to.equal(v.trim() || undefined);
        }
        expect(answer.text('/r/w')).to.equal('2');
      }),
      { seed: 25, numRuns: 1000 },
    );
  });

  it('the simulator writes lists, objects and texts', () => {
    const value = { a: 'x & y', list: [{ b: '1' }, { b: '2' }], none: undefined, empty: '' };
    expect(writeXml('r', value)).to.equal(
      '<d:r><d:a>x &amp; y</d:a><d:list><d:b>1</d:b></d:list><d:list><d:b>2</d:b></d:list></d:r>',
    );
  });
});
