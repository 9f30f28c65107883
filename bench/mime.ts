/**
 * How fast `MessageIndexer` reads mail: microseconds of CPU for a letter, MB for a second of CPU, for several kinds of mail.
 * Run it with `npm run bench:mime`; one kind takes about half a second.
 */
import { MessageIndexer } from '../src/mail/indexer.ts';

const chunkBytes = 64 * 1024;
const measureMs = 400;

const kinds: readonly (readonly [name: string, message: Buffer])[] = [
  ['letter, 4 KB, 15 fields', letter(plainBody(2600))],
  ['letter, Cyrillic, base64', cyrillicLetter()],
  ['alternative, plain and HTML, 12 KB', alternative()],
  ['forward of a forward of a letter', forwarded(2)],
  ['100 small attachments', attachments(100, 500)],
  ['attachment, base64, 1 MB', attachments(1, 1_000_000)],
  ['attachment, base64, 30 MB', attachments(1, 30_000_000)],
  ['plain text, 10 MB', letter(plainBody(10_000_000))],
  [
    'dashes on every line, 1 MB',
    multipart(['Content-Type: text/plain', '--almost\r\n'.repeat(100_000)]),
  ],
  ['empty lines, 1 MB', multipart(['Content-Type: text/plain', '\r\n'.repeat(500_000)])],
  ['nested 99 times', nested(99)],
  [
    '10,000 parts',
    multipart(...Array.from({ length: 9_999 }, (): Piece => ['Content-Type: text/plain', 'x\r\n'])),
  ],
  ['5,000 recipients', letter('Hello\r\n', recipients(5_000))],
];

// A server is warm: what each kind needs is compiled before the first is measured.
for (const [, message] of kinds) measure(message, measureMs);

for (const [name, message] of kinds) {
  const { rounds, ms } = measure(message, measureMs);
  const microseconds = (ms * 1000) / rounds;
  const megabytes = message.length / 1e6 / (ms / 1000 / rounds);
  process.stdout.write(
    `${name.padEnd(38)} ${String(message.length).padStart(10)} octets ` +
      `${microseconds.toFixed(1).padStart(10)} µs ${megabytes.toFixed(0).padStart(6)} MB/s\n`,
  );
}

/** CPU time, not time on the wall: other programs on the machine do not count. */
function measure(message: Buffer, forMs: number): { rounds: number; ms: number } {
  const start = process.cpuUsage();
  let rounds = 0;
  let ms = 0;
  do {
    const indexer = new MessageIndexer();
    for (let at = 0; at < message.length; at += chunkBytes) {
      indexer.write(message.subarray(at, at + chunkBytes));
    }
    indexer.finish();
    rounds++;
    const { user, system } = process.cpuUsage(start);
    ms = (user + system) / 1000;
  } while (ms < forMs);
  return { rounds, ms };
}

type Piece = readonly [header: string, body: string];

function header(more = ''): string {
  return (
    'Return-Path: <aigerim@example.kz>\r\n' +
    'Received: from mx1.example.kz (mx1.example.kz [192.0.2.10])\r\n' +
    '\tby mail.example.org with ESMTPS id 4XyZ12abc3z9\r\n' +
    '\tfor <bolat@example.org>; Thu, 15 Feb 2024 09:12:44 +0500\r\n' +
    'Received: from [192.0.2.77] (unknown [192.0.2.77])\r\n' +
    '\tby mx1.example.kz (Postfix) with ESMTPSA id 1234567890\r\n' +
    '\tfor <bolat@example.org>; Thu, 15 Feb 2024 09:12:43 +0500\r\n' +
    'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.kz; s=mail;\r\n' +
    '\tt=1707970363; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n' +
    '\th=From:To:Subject:Date:Message-ID;\r\n' +
    '\tb=aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789\r\n' +
    '\t aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789\r\n' +
    'Message-ID: <65cd8f3b.1a2b3c4d@mx1.example.kz>\r\n' +
    'Date: Thu, 15 Feb 2024 09:12:43 +0500\r\n' +
    'From: "Aigerim Serikova" <aigerim@example.kz>\r\n' +
    'To: Bolat Akhmetov <bolat@example.org>, office@example.org\r\n' +
    'Subject: Re: Minutes of the meeting\r\n' +
    'References: <a1@example.org> <a2@example.kz> <a3@example.org>\r\n' +
    'In-Reply-To: <a3@example.org>\r\n' +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) Thunderbird/115\r\n' +
    'X-Spam-Status: No, score=-1.9 required=5.0\r\n' +
    'MIME-Version: 1.0\r\n' +
    more
  );
}

function letter(body: string, more = ''): Buffer {
  return Buffer.from(
    `${header(more)}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${body}`,
  );
}

function plainBody(octets: number): string {
  const line = 'The quick brown fox jumps over the lazy dog and then some more text.\r\n';
  return line.repeat(Math.ceil(octets / line.length));
}

function base64Body(octets: number): string {
  const line = Buffer.alloc(57, 'Attachment').toString('base64') + '\r\n';
  return line.repeat(Math.ceil(octets / line.length));
}

function cyrillicLetter(): Buffer {
  const text = Buffer.from(
    'Құрметті Болат мырза! Отырыстың хаттамасын жіберіп отырмын. '.repeat(20),
  );
  const subject = `=?utf-8?B?${Buffer.from('Отырыс хаттамасы').toString('base64')}?=`;
  return Buffer.from(
    `${header(`Subject: ${subject}\r\n`)}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${text.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
}

function multipart(...pieces: readonly Piece[]): Buffer {
  const body = pieces.map(([head, text]) => `--=_b1\r\n${head}\r\n\r\n${text}\r\n`).join('');
  return Buffer.from(
    `${header()}Content-Type: multipart/mixed; boundary="=_b1"\r\n\r\n${body}--=_b1--\r\n`,
  );
}

function alternative(): Buffer {
  const html = `<html><head><style>${'p{margin:0}'.repeat(100)}</style></head><body><p>${plainBody(6000)}</p></body></html>`;
  return multipart(
    ['Content-Type: text/plain; charset=utf-8', plainBody(3000)],
    ['Content-Type: text/html; charset=utf-8', html],
  );
}

function attachments(count: number, octets: number): Buffer {
  const one: Piece = [
    'Content-Type: application/pdf; name="report.pdf"\r\nContent-Transfer-Encoding: base64\r\n' +
      'Content-Disposition: attachment; filename="report.pdf"',
    base64Body(octets),
  ];
  return multipart(
    ['Content-Type: text/plain', 'See attached.\r\n'],
    ...Array<Piece>(count).fill(one),
  );
}

function forwarded(levels: number): Buffer {
  let message = letter(plainBody(1000)).toString();
  for (let level = 0; level < levels; level++) {
    message = multipart(
      ['Content-Type: text/plain', 'FYI\r\n'],
      ['Content-Type: message/rfc822', message],
    )
      .toString()
      .replaceAll('=_b1', `=_level${level}`);
  }
  return Buffer.from(message);
}

function nested(levels: number): Buffer {
  let message = 'Content-Type: text/plain\r\n\r\ninnermost\r\n';
  for (let level = 0; level < levels; level++) {
    message = `Content-Type: multipart/mixed; boundary=b${level}x\r\n\r\n--b${level}x\r\n${message}\r\n--b${level}x--\r\n`;
  }
  return Buffer.from(message);
}

function recipients(count: number): string {
  const list = Array.from({ length: count }, (_, n) => `"Person ${n}" <person${n}@example.kz>`);
  return `Cc: ${list.join(',\r\n\t')}\r\n`;
}
