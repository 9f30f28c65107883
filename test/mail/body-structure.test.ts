import { expect } from 'chai';
import { crlf, indexOf } from './indexing.ts';

const emptyEnvelope = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)';
const noText = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)';

interface Row {
  readonly name: string;
  readonly message: string;
  readonly want: string;
  /** BODY, where it is not what BODYSTRUCTURE leaves without its extension data of NIL. */
  readonly body?: string;
  readonly utf8?: string;
}

const rows: readonly Row[] = [
  {
    name: 'an empty message',
    message: '',
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
    body: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)',
  },
  {
    name: 'no Content-Type',
    message: crlf(`
      From: user@domain.org

      body
      `),
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL)',
  },
  {
    name: 'a header without its empty line',
    message: 'Subject: x\r\nContent-Type: text/html\r\n',
    want: '("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'no header at all',
    message: '\r\nbody\r\nwithout end',
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 17 1 NIL NIL NIL NIL)',
  },
  {
    name: 'bare LF throughout',
    message: 'Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\n\none\ntwo\n',
    want: '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 8 2 NIL NIL NIL NIL)',
  },
  {
    name: 'a bare CR ends no line',
    message: 'Content-Type: text/plain; charset=utf-8\r\n\rX: y\r\n\r\none\rtwo\r\n',
    want: '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 9 1 NIL NIL NIL NIL)',
  },
  {
    name: 'type and encoding in the case they came in',
    message:
      'Content-Type: TEXT/PLAIN; CHARSET=ISO-8859-1\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n',
    want: '("TEXT" "PLAIN" ("CHARSET" "ISO-8859-1") NIL NIL "8BIT" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'a text with parameters but no charset gets the default behind them',
    message: 'Content-Type: text/plain; format=flowed\r\n\r\n',
    want: '("text" "plain" ("format" "flowed" "charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'Content fields without MIME-Version and Content-Type mean nothing (RFC 2045 §4)',
    message: 'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nQQ==\r\n',
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL)',
  },
  {
    name: 'all fields of a part',
    message: crlf(`
      MIME-Version: 1.0
      Content-Type: application/pdf; name="a.pdf"
      Content-ID: <id@x>
      Content-Description: A "quoted" \\ text
      Content-Transfer-Encoding: base64
      Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
      Content-Disposition: attachment; filename="a.pdf"; size=3
      Content-Language: kk, ru,en
      Content-Location: http://example.com/a.pdf

      QUJD
      `),
    want:
      '("application" "pdf" ("name" "a.pdf") "<id@x>" "A \\"quoted\\" \\\\ text" "base64" 6 ' +
      '"Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "a.pdf" "size" "3")) ("kk" "ru" "en") ' +
      '"http://example.com/a.pdf")',
    body: '("application" "pdf" ("name" "a.pdf") "<id@x>" "A \\"quoted\\" \\\\ text" "base64" 6)',
  },
  {
    name: 'folded and commented fields',
    message: crlf(`
      Content-Type: (a comment) text (another) /
       plain ; (third)
      	charset = "utf-8" (last)
      Content-Transfer-Encoding: (why) quoted-printable (so)

      `),
    want: '("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 0 0 NIL NIL NIL NIL)',
  },
  ...[
    ['nothing', ''],
    ['no slash', ' text'],
    ['no slash but parameters', ' text; charset=utf-8'],
    ['no subtype', ' text/'],
    ['no type', ' /plain'],
    ['something behind the subtype', ' text/html charset=utf-8'],
    ['an open comment', ' text/html (oops'],
  ].map(([what, value]): Row => {
    return {
      name: `a Content-Type that cannot be read, ${what}, is text/plain (RFC 2045 §5.2)`,
      message: `Content-Type:${value}\r\nContent-Transfer-Encoding: 8bit\r\n\r\nx\r\n`,
      want: '("text" "plain" ("charset" "us-ascii") NIL NIL "8bit" 3 1 NIL NIL NIL NIL)',
    };
  }),
  {
    name: 'the first Content-Type counts',
    message: 'Content-Type: image/png\r\nContent-Type: text/plain\r\n\r\n',
    want: '("image" "png" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL)',
  },
  {
    name: 'a transfer encoding with garbage is none',
    message: 'Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit; x\r\n\r\n',
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'broken parameters are skipped, garbage behind a value too',
    message:
      'Content-Type: text/plain; ; =x; charset=utf-8 garbage; a; b=; c==?utf-8?q?d?=\r\n\r\n',
    want: '("text" "plain" ("charset" "utf-8" "b" "" "c" "=?utf-8?q?d?=") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'a parameter with an open quoted string is dropped',
    message: 'Content-Type: text/plain; name="a; charset=utf-8\r\n\r\n',
    want: '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'a line break inside a string makes a literal',
    message: 'Content-Type: text/plain; charset=x; name="a\rb"\r\n\r\n',
    want: '("text" "plain" ("charset" "x" "name" {3}\r\na\rb) NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'RFC 2231 continuations are joined',
    message: crlf(`
      Content-Type: application/x-stuff; title*2="isn't it!"; title*0=one;
       title*1=" two "

      `),
    want: `("application" "x-stuff" ("title" "one two isn't it!") NIL NIL "7bit" 0 NIL NIL NIL NIL)`,
  },
  {
    name: 'RFC 2231 charsets: UTF-8 for those who asked for it, percent octets for the others',
    message: crlf(`
      Content-Type: application/pdf;
       name*0*=koi8-r'ru'%F0%D2%C9;
       name*1*=%CB%C1%DA;
       name*2=".pdf"
      Content-Disposition: attachment; filename="x.pdf";
       filename*=UTF-8''%D2%9A%D0%B0%D0%B7%20a.pdf

      `),
    want:
      `("application" "pdf" ("name*" "utf-8''%D0%9F%D1%80%D0%B8%D0%BA%D0%B0%D0%B7.pdf") NIL NIL "7bit" 0 NIL ` +
      `("attachment" ("filename" "x.pdf" "filename*" "utf-8''%D2%9A%D0%B0%D0%B7%20a.pdf")) NIL NIL)`,
    utf8:
      '("application" "pdf" ("name*" "Приказ.pdf") NIL NIL "7bit" 0 NIL ' +
      `("attachment" ("filename" "x.pdf" "filename*" "Қаз a.pdf")) NIL NIL)`,
    body: `("application" "pdf" ("name*" "utf-8''%D0%9F%D1%80%D0%B8%D0%BA%D0%B0%D0%B7.pdf") NIL NIL "7bit" 0)`,
  },
  {
    name: 'a missing RFC 2231 section leaves the others alone',
    message: 'Content-Type: image/png; name*1=b; name*3=d\r\n\r\n',
    want: '("image" "png" ("name*1" "b" "name*3" "d") NIL NIL "7bit" 0 NIL NIL NIL NIL)',
  },
  {
    name: 'raw UTF-8 in parameters and texts becomes RFC 2047 words for the others',
    message: Buffer.from(
      'Content-Type: text/plain; charset=utf-8; name="Есеп.txt"\r\nContent-Description: Бұл есеп\r\n\r\n',
    ).toString('latin1'),
    want:
      '("text" "plain" ("charset" "utf-8" "name" "=?utf-8?B?0JXRgdC10L8udHh0?=") NIL ' +
      '"=?utf-8?B?0JHSsdC7INC10YHQtdC/?=" "7bit" 0 0 NIL NIL NIL NIL)',
    utf8: '("text" "plain" ("charset" "utf-8" "name" "Есеп.txt") NIL "Бұл есеп" "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'octets that are no UTF-8 are in the charset of the part',
    message:
      'Content-Description: \xcf\xf0\xe8\xea\xe0\xe7\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\n',
    want: '("text" "plain" ("charset" "windows-1251") NIL "=?utf-8?B?0J/RgNC40LrQsNC3?=" "7bit" 0 0 NIL NIL NIL NIL)',
    utf8: '("text" "plain" ("charset" "windows-1251") NIL "Приказ" "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'NUL becomes U+FFFD',
    message: 'Content-Type: text/plain; charset=x; name="a\0b"\r\n\r\n',
    want: '("text" "plain" ("charset" "x" "name" "=?utf-8?B?Ye+/vWI=?=") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
    utf8: '("text" "plain" ("charset" "x" "name" "a\ufffdb") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
  },
  {
    name: 'multipart with preamble and epilogue',
    message: crlf(`
      Content-Type: multipart/mixed; boundary="foo bar"

      preamble
      --foo bar
      Content-Type: text/plain; charset=utf-8

      hello

      --foo bar--  \t
      epilogue
      `),
    want: '(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 7 1 NIL NIL NIL NIL) "mixed" ("boundary" "foo bar") NIL NIL NIL)',
    body: '(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 7 1) "mixed")',
  },
  {
    name: 'extension data of a multipart',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=b
      Content-Disposition: inline
      Content-Language: kk
      Content-Location: a

      --b

      x
      --b--
      `),
    want: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") ("inline" NIL) ("kk") "a")',
    body: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) "mixed")',
  },
  {
    name: 'a missing last boundary',
    message: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n',
    want:
      '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
    body:
      '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1) "mixed")',
  },
  {
    name: 'a close delimiter as the last octets of the message',
    message: 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--',
    want: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
    body: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "mixed")',
  },
  {
    name: 'a delimiter as the last octets begins no part, with its line break it does',
    message: 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n',
    want:
      '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL)' +
      `${noText} "mixed" ("boundary" "b") NIL NIL NIL)`,
  },
  {
    name: 'white space behind boundaries, and at the end of the parameter',
    message: 'Content-Type: multipart/mixed; boundary="b "\r\n\r\n--b \t\r\n\r\none\r\n--b-- \r\n',
    want: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "mixed" ("boundary" "b ") NIL NIL NIL)',
  },
  {
    name: 'empty parts, with and without their empty line',
    message:
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b\r\nContent-Type: image/png\r\n--b--\r\n',
    want: `(${noText}${noText}("image" "png" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`,
  },
  {
    name: 'a multipart without any part, as in Dovecot',
    message: 'Content-Type: multipart/mixed; boundary="foo"\r\n\r\nnothing\r\n',
    want: `(${noText} "mixed" ("boundary" "foo") NIL NIL NIL)`,
    body: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed")',
  },
  {
    name: 'a multipart without a boundary, as in Dovecot',
    message: 'Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n',
    want: `(${noText} "mixed" NIL NIL NIL NIL)`,
    body: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed")',
  },
  {
    name: 'a multipart whose header ends with the message',
    message: 'Content-Type: multipart/mixed; boundary=b\r\n',
    want: `(${noText} "mixed" ("boundary" "b") NIL NIL NIL)`,
  },
  {
    name: 'an unquoted boundary with characters that want quotes',
    message:
      'Content-Type: multipart/mixed; boundary=--=_a/1?=; x=y\r\n\r\n----=_a/1?=\r\n\r\nx\r\n----=_a/1?=--\r\n',
    want: '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "--=_a/1?=" "x" "y") NIL NIL NIL)',
  },
  {
    name: 'an outer boundary ends the inner multipart',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=outer

      --outer
      Content-Type: multipart/alternative; boundary=inner

      --inner

      one
      --outer

      two
      --inner
      still two
      --outer--
      `),
    want:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "inner") NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 23 2 NIL NIL NIL NIL) "mixed" ("boundary" "outer") NIL NIL NIL)',
    body:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "alternative")' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 23 2) "mixed")',
  },
  {
    name: 'boundaries that begin with one another: the longest that fits',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: multipart/alternative; boundary=bb

      --bb

      one
      --bb--
      --b

      two
      --b--
      `),
    want:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "bb") NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
    body:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "alternative")' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "mixed")',
  },
  {
    name: 'a boundary named like a close delimiter of the outer one',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: multipart/alternative; boundary=b--

      --b--

      one
      --b----
      --b

      two
      --b--
      `),
    want:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "b--") NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
    body:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "alternative")' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "mixed")',
  },
  {
    name: 'equal boundaries on two levels belong to the inner one until it is closed',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: multipart/alternative; boundary=b

      --b

      one
      --b--
      --b--
      `),
    want:
      '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "b") NIL NIL NIL) ' +
      '"mixed" ("boundary" "b") NIL NIL NIL)',
    body: '((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "alternative") "mixed")',
  },
  {
    name: 'an enclosed message',
    message: crlf(`
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: message/rfc822
      Content-Description: Forwarded

      From: user@domain.org
      Subject: inner
      Content-Type: text/plain; charset=us-ascii

      body

      --b--
      `),
    want:
      '(("message" "rfc822" NIL NIL "Forwarded" "7bit" 91 (NIL "inner" ((NIL NIL "user" "domain.org")) ' +
      '((NIL NIL "user" "domain.org")) ((NIL NIL "user" "domain.org")) NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL) 5 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
  },
  {
    name: 'an enclosed message with nothing in it',
    message:
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n--b--\r\n',
    want: `(("message" "rfc822" NIL NIL NIL "7bit" 0 ${emptyEnvelope} ${noText} 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`,
  },
  {
    name: 'a message of nothing but a message',
    message: 'Content-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nx',
    want:
      '("message" "rfc822" NIL NIL NIL "7bit" 15 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL)',
  },
  {
    name: 'message/global is described like message/rfc822 (RFC 9051 §9 media-message)',
    message: 'Content-Type: message/global\r\n\r\nSubject: s\r\n\r\nx',
    want:
      '("message" "global" NIL NIL NIL "7bit" 15 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL)',
  },
  {
    name: 'an enclosed message in base64 is not looked into',
    message:
      'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: BASE64\r\n\r\nU3ViamVjdDogeA==\r\n',
    want: `("message" "rfc822" NIL NIL NIL "BASE64" 18 ${emptyEnvelope} ${noText} 1 NIL NIL NIL NIL)`,
    body: `("message" "rfc822" NIL NIL NIL "BASE64" 18 ${emptyEnvelope} ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) 1)`,
  },
  {
    name: 'other message types are no messages',
    message: 'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n',
    want: '("message" "delivery-status" NIL NIL NIL "7bit" 23 NIL NIL NIL NIL)',
  },
  {
    name: 'multipart/digest: parts without a type are messages (RFC 2046 §5.1.5)',
    message: crlf(`
      Content-Type: multipart/digest; boundary=b

      --b

      Subject: one

      1
      --b
      Content-Type: text/plain

      2
      --b--
      `),
    want:
      '(("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "one" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "digest" ("boundary" "b") NIL NIL NIL)',
  },
  {
    name: 'a delivery status notification',
    message: crlf(`
      MIME-Version: 1.0
      Content-Type: multipart/report; report-type=delivery-status; boundary="d"

      --d
      Content-Description: Notification
      Content-Type: text/plain; charset=us-ascii

      Sorry.
      --d
      Content-Type: message/delivery-status

      Final-Recipient: rfc822; a@b
      --d
      Content-Type: text/rfc822-headers

      Subject: x

      --d--
      `),
    want:
      '(("text" "plain" ("charset" "us-ascii") NIL "Notification" "7bit" 6 0 NIL NIL NIL NIL)' +
      '("message" "delivery-status" NIL NIL NIL "7bit" 28 NIL NIL NIL NIL)' +
      '("text" "rfc822-headers" ("charset" "us-ascii") NIL NIL "7bit" 12 1 NIL NIL NIL NIL) ' +
      '"report" ("report-type" "delivery-status" "boundary" "d") NIL NIL NIL)',
  },
  {
    name: 'a line that is longer than any boundary and begins like one',
    message: `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b${'-'.repeat(200)}\r\n\r\nx`,
    want: `(${noText} "mixed" ("boundary" "b") NIL NIL NIL)`,
  },
  {
    name: 'of a boundary that is too long its beginning counts',
    message: `Content-Type: multipart/mixed; boundary=${'b'.repeat(100)}\r\n\r\n--${'b'.repeat(90)}\r\n\r\nx`,
    want: `(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "${'b'.repeat(100)}") NIL NIL NIL)`,
  },
];

describe('BODYSTRUCTURE', () => {
  for (const { name, message, want, body, utf8 } of rows) {
    it(name, () => {
      const index = indexOf(message);
      expect(index.bodyStructure).to.equal(want);
      expect(index.bodyStructureUtf8).to.equal(utf8);
      if (body !== undefined) expect(index.body).to.equal(body);
      for (const chunkBytes of [1, 2, 3, 7]) {
        expect(indexOf(message, chunkBytes), `in chunks of ${chunkBytes}`).to.deep.equal(index);
      }
    });
  }
});
