import { expect } from 'chai';
import fc from 'fast-check';
import { HtmlText, htmlToText } from '../../src/mail/html-text.ts';

const rows: readonly (readonly [html: string, want: string])[] = [
  ['plain', 'plain'],
  ['a<b>b</b>c', 'abc'],
  ['<p>one</p><p>two<br/>three', '\none\n\ntwo\nthree'],
  ['<td>a</td><td>b</td>', ' a b'],
  ['a &amp; b &lt;c&gt; &#1178;&#x49a; &nbsp;&eacute;&yuml;', 'a & b <c> ҚҚ \u00a0éÿ'],
  [
    '&amp b &unknown; & &; &#; &#0; &#1114112; &#xd800;',
    '& b &unknown; & &; &#; \ufffd \ufffd \ufffd',
  ],
  ['<style>p { color: red }</style>x<SCRIPT>if (a<b) "</p>"</SCRIPT >y', 'xy'],
  ['<title>T</title>x', 'x'],
  ['a<!-- <p>hidden</p> -- > -->b<!---->c', 'abc'],
  ['<a href="x>y" title=\'a>b\'>link</a>', 'link'],
  ["<p class=it's>x", '\nx'],
  ['1 < 2', '1 < 2'],
  ['<!DOCTYPE html><?xml?>x', 'x'],
  ['<style>never closed', ''],
  ['<!-- never closed', ''],
  ['<a href="never closed', ''],
  ['&amp', '&amp'],
];

describe('HtmlText', () => {
  for (const [html, want] of rows) {
    it(JSON.stringify(html), () => {
      expect(htmlToText(html)).to.equal(want);
      const reader = new HtmlText();
      const pieces = Array.from(html).map((character) => reader.push(character));
      expect(pieces.join('') + reader.end(), 'one character at a time').to.equal(want);
    });
  }

  it('does not depend on where the document is cut', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '=',
        '&',
        ';',
        '-',
        '!',
        '/',
        'p',
        'style',
        'amp',
        '#65',
        ' ',
        'x',
        '<!--',
        '-->',
        '</style',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 6 }), (list, cut) => {
        const html = list.join('');
        const reader = new HtmlText();
        let text = '';
        for (let at = 0; at < html.length; at += cut) text += reader.push(html.slice(at, at + cut));
        expect(text + reader.end()).to.equal(htmlToText(html));
      }),
      { seed: 1866, numRuns: 3000 },
    );
  });

  it('stays linear on documents that are nothing but beginnings', () => {
    for (const piece of [
      '<',
      '<a ',
      '<a href="',
      '&',
      '&#',
      '<!--',
      '<style>',
      '<style></',
      '-',
      '<!-- -',
      "=' ",
    ]) {
      const start = process.cpuUsage();
      htmlToText(piece.repeat(100_000));
      htmlToText(`<style>${piece.repeat(100_000)}`);
      expect(process.cpuUsage(start).user / 1000, piece).to.be.below(2000);
    }
  });
});
