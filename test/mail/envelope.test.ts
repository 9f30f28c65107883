import { expect } from 'chai';
import { crlf, indexOf } from './indexing.ts';

const nils = (count: number): string => Array<string>(count).fill('NIL').join(' ');
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

const rows: readonly (readonly [name: string, header: string, want: string, wantUtf8?: string])[] =
  [
    ['nothing', 'X-Other: x', `(${nils(10)})`],
    [
      'every field',
      crlf(`
      Message-ID: <msg@id>
      In-Reply-To: <reply@to.id>
      Date: Thu, 15 Feb 2007 01:02:03 +0200
      Subject: subject header
      From: From Real <fromuser@fromdomain.org>
      To: To Real <touser@todomain.org>
      Cc: Cc Real <ccuser@ccdomain.org>
      Bcc: Bcc Real <bccuser@bccdomain.org>
      Sender: Sender Real <senderuser@senderdomain.org>
      Reply-To: ReplyTo Real <replytouser@replytodomain.org>`),
      '("Thu, 15 Feb 2007 01:02:03 +0200" "subject header" ' +
        '(("From Real" NIL "fromuser" "fromdomain.org")) (("Sender Real" NIL "senderuser" "senderdomain.org")) ' +
        '(("ReplyTo Real" NIL "replytouser" "replytodomain.org")) (("To Real" NIL "touser" "todomain.org")) ' +
        '(("Cc Real" NIL "ccuser" "ccdomain.org")) (("Bcc Real" NIL "bccuser" "bccdomain.org")) ' +
        '"<reply@to.id>" "<msg@id>")',
    ],
    [
      'Sender and Reply-To are as From when they are missing',
      'From: user@domain',
      `(NIL NIL ((NIL NIL "user" "domain")) ((NIL NIL "user" "domain")) ((NIL NIL "user" "domain")) ${nils(5)})`,
    ],
    [
      'and when they are empty',
      'From: user@domain (Real Name)\r\nSender: \r\nReply-To:',
      `(NIL NIL (("Real Name" NIL "user" "domain")) (("Real Name" NIL "user" "domain")) (("Real Name" NIL "user" "domain")) ${nils(5)})`,
    ],
    [
      'present but empty texts are empty strings, addresses NIL (RFC 9051 §7.5.2)',
      'Date:\r\nSubject: \r\nTo:\r\nCc: ,\r\nIn-Reply-To:\r\nMessage-ID:\t ',
      `("" "" ${nils(4)} ((NIL NIL "MISSING_MAILBOX" "MISSING_DOMAIN")) NIL "" "")`,
    ],
    [
      'groups',
      'To: group: g1@d1.org, g2@d2.org;, group2: g3@d3.org;\r\nCc: group:;, group2: (foo) ;',
      `(${nils(5)} ((NIL NIL "group" NIL)(NIL NIL "g1" "d1.org")(NIL NIL "g2" "d2.org")(NIL NIL NIL NIL)` +
        '(NIL NIL "group2" NIL)(NIL NIL "g3" "d3.org")(NIL NIL NIL NIL)) ' +
        '((NIL NIL "group" NIL)(NIL NIL NIL NIL)(NIL NIL "group2" NIL)(NIL NIL NIL NIL)) NIL NIL NIL)',
    ],
    [
      'fields that come twice: addresses are joined, of texts the last counts',
      'To: a@b\r\nSubject: one\r\nTo: c@d\r\nSubject: two',
      `(NIL "two" ${nils(3)} ((NIL NIL "a" "b")(NIL NIL "c" "d")) ${nils(4)})`,
    ],
    [
      'folding, odd white space and names',
      'Subject:\r\n one\r\n\ttwo  three \r\nMESSAGE-id :\r\n <id@x>\r\nto : A\r\n B <a@b>',
      `(NIL "one two three" ${nils(3)} (("A B" NIL "a" "b")) ${nils(3)} "<id@x>")`,
    ],
    [
      'RFC 2047 words stay as they were sent',
      'Subject: =?koi8-r?Q?=F0=D2=C9?=\r\nFrom: =?utf-8?B?0JA=?= <a@b>',
      '(NIL "=?koi8-r?Q?=F0=D2=C9?=" (("=?utf-8?B?0JA=?=" NIL "a" "b")) (("=?utf-8?B?0JA=?=" NIL "a" "b")) ' +
        `(("=?utf-8?B?0JA=?=" NIL "a" "b")) ${nils(5)})`,
    ],
    [
      'quotes and backslashes are escaped',
      'Subject: say "hi" \\o/\r\nTo: "a \\"b\\"" <"c\\"d"@e>',
      `(NIL "say \\"hi\\" \\\\o/" ${nils(3)} (("a \\"b\\"" NIL "c\\"d" "e")) ${nils(4)})`,
    ],
    ['a bare CR makes a literal', 'Message-ID: <a\rb>', `(${nils(9)} {5}\r\n<a\rb>)`],
    [
      'raw UTF-8 is encoded for those who did not ask for it, domains as A-labels',
      utf8('Subject: Re: Бұл хат сізге\r\nTo: Әйгерім <әйгерім@почта.қаз>'),
      `(NIL "Re: =?utf-8?B?0JHSsdC7INGF0LDRgiDRgdGW0LfQs9C1?=" ${nils(3)} ` +
        `(("=?utf-8?B?05jQudCz0LXRgNGW0Lw=?=" NIL "=?utf-8?B?05nQudCz0LXRgNGW0Lw=?=" "xn--80a1acny.xn--80ao21a")) ${nils(4)})`,
      `(NIL "Re: Бұл хат сізге" ${nils(3)} (("Әйгерім" NIL "әйгерім" "почта.қаз")) ${nils(4)})`,
    ],
    [
      'octets that are no UTF-8 are in the charset of the message, also when it comes later',
      'Subject: \xcf\xf0\xe8\xea\xe0\xe7\r\nContent-Type: text/plain; charset=windows-1251',
      `(NIL "=?utf-8?B?0J/RgNC40LrQsNC3?=" ${nils(8)})`,
      `(NIL "Приказ" ${nils(8)})`,
    ],
    [
      'and windows-1252 without one',
      'Subject: caf\xe9',
      `(NIL "=?utf-8?B?Y2Fmw6k=?=" ${nils(8)})`,
      `(NIL "café" ${nils(8)})`,
    ],
    [
      'a line without a colon, an mbox line and an endless name are no fields',
      `From someone Thu Feb 15\r\nSubject\r\n${'X'.repeat(5000)}: y\r\nSubject: s`,
      `(NIL "s" ${nils(8)})`,
    ],
  ];

describe('ENVELOPE', () => {
  for (const [name, header, want, wantUtf8] of rows) {
    it(name, () => {
      const index = indexOf(`${header}\r\n\r\nbody\r\n`);
      expect(index.envelope).to.equal(want);
      expect(index.envelopeUtf8).to.equal(wantUtf8);
      expect(indexOf(`${header}\r\n\r\nbody\r\n`, 1)).to.deep.equal(index);
    });
  }

  it('counts the octets of a literal, not its characters', () => {
    const { envelopeUtf8 } = indexOf(Buffer.from('Message-ID: <қ\ra>\r\n\r\n'));
    expect(envelopeUtf8).to.include('{6}\r\n<қ\ra>');
  });
});
