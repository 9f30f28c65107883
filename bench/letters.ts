/** Letters for the benchmarks: the same ones for the same seed. */

/** A small generator with a seed (mulberry32): good enough to choose words, the same on each machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const words = (
  'құрметті азамат сізге хат келді почта байланыс құжат уважаемый гражданин письмо уведомление ' +
  'справка документ the letter of today concerns your application and the annex attached to it'
).split(' ');

/** About `sizeBytes` octets of an ordinary letter in UTF-8 with 15 header fields, ending with CRLF. */
export function letter(number: number, sizeBytes: number): Buffer {
  const next = random(number);
  const word = (): string => words[Math.floor(next() * words.length)] as string;
  const subject = Buffer.from(`${word()} ${word()} ${number}`).toString('base64');
  const head = [
    `From: =?UTF-8?B?${Buffer.from(word()).toString('base64')}?= <sender${number % 100}@agency.example>`,
    'To: "Reader One" <one@example.kz>, Reader Two <two@example.kz>',
    'Cc: three@example.kz',
    `Subject: =?UTF-8?B?${subject}?=`,
    `Date: Mon, ${String(1 + (number % 28)).padStart(2, '0')} Nov 2026 10:${String(number % 60).padStart(2, '0')}:00 +0500`,
    `Message-ID: <bench.${number}@agency.example>`,
    `References: <bench.${number - 1}@agency.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    'X-Mailer: bench',
    'List-Id: Bench <bench.agency.example>',
    'Precedence: list',
    'X-Priority: 3',
    'Organization: Bench',
  ].join('\r\n');
  const lines: string[] = [];
  let size = Buffer.byteLength(head) + 4;
  while (size < sizeBytes) {
    const line = Array.from({ length: 8 }, word).join(' ');
    lines.push(line);
    size += Buffer.byteLength(line) + 2;
  }
  return Buffer.from(`${head}\r\n\r\n${lines.join('\r\n')}\r\n`);
}
