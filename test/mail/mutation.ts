import type { Random } from './indexing.ts';

const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '--',
  '--b01\r\n',
  '--b01--\r\n',
  '\r\n\r\n',
  '\n\n',
  ' ',
  '\t',
  ':',
  ';',
  '"',
  '(',
  ')',
  '\\',
  '<',
  '>',
  '=?utf-8?q?',
  '?=',
  '=',
  '\xff',
  '\xd0',
  'Content-Type: ',
  'Content-Type: multipart/mixed; boundary=b01\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Type: multipart/digest; boundary=""\r\n',
  'MIME-Version: 1.0\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  "Content-Disposition: attachment; filename*0*=x''%ff; filename*2=y\r\n",
  'Subject: ',
  'To: g: a@b, "x" <c@d>;\r\n',
  'Date: ',
  'References: <a@b> <c@d>\r\n',
  'text/html',
  '<style>',
  '&#x41;',
  'charset=utf-7',
  'charset=iso-2022-jp',
  'charset=x\r\n',
  '%',
  '*0*=',
  "'",
];

/** Damages a message as transports, senders and attackers do. Not in place. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let message = bytes;
  for (let rounds = 1 + random.below(5); rounds > 0; rounds--)
    message = mutateOnce(message, random);
  return message;
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(80, bytes.length - at + 1));
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at + length);
  switch (random.below(8)) {
    case 0: // cut out
      return Buffer.concat([before, after]);
    case 1: // cut off
      return Buffer.from(before);
    case 2: // insert something that matters
      return Buffer.concat([
        before,
        Buffer.from(random.pick(pieces), 'latin1'),
        bytes.subarray(at),
      ]);
    case 3: // replace by it
      return Buffer.concat([before, Buffer.from(random.pick(pieces), 'latin1'), after]);
    case 4: {
      // copy a stretch to elsewhere
      const from = random.below(bytes.length + 1);
      return Buffer.concat([
        before,
        bytes.subarray(from, from + random.below(300)),
        bytes.subarray(at),
      ]);
    }
    case 5: {
      // change octets
      const copy = Buffer.from(bytes);
      for (let i = at; i < Math.min(copy.length, at + 3); i++) copy[i] = random.below(256);
      return copy;
    }
    case 6: {
      // copy a line to the beginning of another
      const lines = bytes.toString('latin1').split('\n');
      lines.splice(random.below(lines.length), 0, random.pick(lines));
      return Buffer.from(lines.join('\n'), 'latin1');
    }
    default: // other line ends
      return Buffer.from(
        bytes.toString('latin1').replace(/\r\n/g, random.pick(['\n', '\r', '\r\r\n'])),
        'latin1',
      );
  }
}
