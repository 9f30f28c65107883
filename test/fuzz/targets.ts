import { canonicalAddress, skeleton } from '../../src/account/address.ts';
import { MailError } from '../../src/core/errors.ts';
import type { Numbers } from '../../src/imap/command.ts';
import { commandTable } from '../../src/imap/command-table.ts';
import { parseKeys } from '../../src/imap/search/keys.ts';
import { compileSearch } from '../../src/imap/search/program.ts';
import { SessionState } from '../../src/imap/session-state.ts';
import { CommandReader } from '../../src/imap/wire/command-reader.ts';
import { Decoder } from '../../src/imap/wire/decoder.ts';
import { ParseError } from '../../src/imap/wire/parse-error.ts';
import { decodeUtf7, encodeUtf7 } from '../../src/imap/wire/utf-7.ts';
import { parseAddressList } from '../../src/mail/address.ts';
import { formatDate, parseDate, parseDateTime } from '../../src/mail/date.ts';
import { findCommand } from '../../src/smtp/commands/table.ts';
import { parseParameters } from '../../src/smtp/parameters.ts';
import { isDomainOrLiteral, parsePath } from '../../src/smtp/path.ts';
import { ModelMailbox } from '../imap/selected-client.ts';
import type { Random } from '../mail/indexing.ts';

/** Something that reads what strangers write. */
export interface FuzzTarget {
  /** Right inputs, which are damaged. One character is one octet. */
  readonly corpus: readonly string[];
  /** Pieces with a meaning of their own, put in anywhere. */
  readonly words: readonly string[];
  /** Throws when an answer is wrong, or an error is none that the reader promises. */
  examine(input: Buffer, random: Random): void;
}

const imapReaders: readonly ((d: Decoder) => unknown)[] = [
  (d) => d.tag(),
  (d) => d.astring(),
  (d) => d.nstring(),
  (d) => d.number64(),
  (d) => d.messageSet(),
  (d) => d.mailbox(),
  (d) => d.listMailbox(),
  (d) => d.flagList(),
  (d) => d.flags(),
  (d) => d.dateTime(),
  (d) => d.date(),
  (d) => d.list(() => d.astring()),
];

const limits = { commandBytes: 8192, nonSyncBytes: 4096, discardBytes: 65_536 };
const mailbox = new ModelMailbox();
mailbox.add(20, 1);
const state = new SessionState();
const selected = mailbox.open(state);
const rows = mailbox.view;

export const targets = {
  /** Octets of a connection to commands, and commands to their arguments. */
  imap: {
    corpus: [
      'a1 LOGIN {5+}\r\nlogin {8+}\r\npassword\r\na2 NOOP\r\n',
      'a UID FETCH 1:*,7 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (SUBJECT "X-Y")]<0.100> MODSEQ)\r\n',
      'a FETCH 1 (ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE) (CHANGEDSINCE 12 VANISHED)\r\n',
      'a UID SEARCH RETURN (MIN MAX COUNT SAVE) CHARSET UTF-8 OR (FROM x NOT SEEN) UID 1:*\r\n',
      'a SELECT "INBOX" (QRESYNC (67890007 20050715194045000 41,43:211 (1:9 1:9)))\r\n',
      'a STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $Junk)\r\n',
      'a APPEND "&BBAEMQ-" (\\Draft) "17-Jul-1996 02:44:25 -0700" ~{3+}\r\nabc\r\nb NOOP\r\n',
      'a LIST (SUBSCRIBED RECURSIVEMATCH) "" ("%" "a/*") RETURN (CHILDREN STATUS (UNSEEN))\r\n',
      'a STATUS box (MESSAGES UIDNEXT HIGHESTMODSEQ SIZE DELETED)\r\na RENAME a "b c"\r\n',
      'a ID ("name" "x" "version" NIL)\r\na ENABLE CONDSTORE QRESYNC\r\na SETQUOTA "" (STORAGE 5)\r\n',
      'a CREATE box (USE (\\Archive))\r\na MOVE $ box\r\na AUTHENTICATE PLAIN =\r\na IDLE\r\n',
    ],
    words: [
      '{1}\r\n',
      '{3+}\r\n',
      '~{2+}\r\n',
      '{99999999999999999999+}\r\n',
      '\\',
      '[]',
      '<1.2>',
      'NIL',
      '*:*',
      '4294967296',
      'UID ',
    ],
    examine(input, random) {
      const whole = readCommands(input, input.length);
      const pieces = readCommands(input, 1 + random.below(40));
      if (whole.join('\n') !== pieces.join('\n')) throw new Error('another answer in pieces');
      expectOnly([ParseError], () => random.pick(imapReaders)(new Decoder(input)));
    },
  },
  /** Arguments of SMTP commands. */
  smtp: {
    corpus: [
      'MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+20y AUTH=<>',
      'RCPT TO:<@a.example,@b.example:"q\\"uoted local"@[IPv6:2001:db8::1]> NOTIFY=SUCCESS,DELAY',
      'RCPT TO:<postmaster> ORCPT=rfc822;a+2Bb@c.example',
      'EHLO [192.0.2.1]',
      'MAIL FROM:<>',
      'BDAT 1000 LAST',
      'RCPT TO:<\xd0\xb6\xd3\x99\xd1\x88\xd1\x96\xd0\xba@\xd2\x9b\xd0\xb0\xd0\xb7.example>',
      'XCLIENT ADDR=192.0.2.1 NAME=[UNAVAILABLE]',
    ],
    words: [
      '<',
      '>',
      '@',
      '"',
      '\\',
      '[',
      ']',
      ':',
      ',',
      '..',
      '-.',
      ' ',
      '=',
      '\0',
      'IPv6:',
      'a@b',
    ],
    examine(input) {
      const text = input.toString('utf8');
      findCommand('mx', text.slice(0, 4).toUpperCase());
      isDomainOrLiteral(text.slice(5));
      const start = text.indexOf('<');
      const parsed = start < 0 ? undefined : parsePath(text, start);
      parseParameters(text, parsed?.end ?? 4);
      if (parsed === undefined || parsed.path.domain === undefined) return;
      const again = parsePath(`<${parsed.path.text}>`, 0);
      if (again?.path.text !== parsed.path.text) throw new Error('a path reads otherwise again');
      if (/[\r\n\0]/.test(parsed.path.text)) throw new Error('a path with a line break in it');
    },
  },
  /** Search keys to a program, and the program on messages. */
  search: {
    corpus: [
      'OR (FROM "a" NOT SEEN) (SINCE 1-Feb-1994 LARGER 100 UID 1:*) KEYWORD $Junk TEXT {3+}\r\nabc',
      'NOT NOT NOT OR OR ALL DELETED UNSEEN HEADER Message-ID "" MODSEQ "/flags/\\\\draft" all 620',
      'SENTBEFORE "1-Jan-2020" BODY \xd0\xb6 1:3,5,*:9 $ EMAILID M1 THREADID T1 SUBJECT x',
      '((((ALL))))',
      'ON 1-Jan-2026 SMALLER 9223372036854775807 UNKEYWORD a NEW OLD RECENT',
    ],
    words: [
      '(',
      ')',
      'NOT ',
      'OR ',
      'UID ',
      '1:*',
      '$',
      '*',
      '""',
      'ALL ',
      'HEADER a b',
      '{1+}\r\n',
    ],
    examine(input) {
      const key = expectOnly([ParseError, MailError], () => parseKeys(new Decoder(input), 'utf-8'));
      if (key === undefined) return;
      const program = expectOnly([ParseError, MailError], () =>
        compileSearch(key, selected, 'msn'),
      );
      for (let index = 0; program !== undefined && index < rows.count; index++) {
        const answer = program.test({ rows, index, texts: [] });
        if (answer === undefined && program.stages.every((stage) => stage === 'row')) {
          throw new Error('no answer, though nothing more can be known');
        }
      }
    },
  },
  'utf-7': {
    corpus: ['INBOX', '&BBAEMQ-/&-', '~peter/mail/&U,BTFw-/&ZeVnLIqe-', '&2D3cCg-', 'A&-B'],
    words: ['&', '-', '&-', '&AA-', '&2D0-', '+', ',', '/', 'AAAA', '\x7f'],
    examine(input) {
      const wire = input.toString('latin1');
      const text = decodeUtf7(wire);
      if (text !== undefined && encodeUtf7(text) !== wire) throw new Error('two spellings');
      const name = input.toString('utf8');
      if (decodeUtf7(encodeUtf7(name)) !== name) throw new Error('lost on the way');
    },
  },
  address: {
    corpus: [
      '"Last, First" <a@b.example>, (comment (nested)) c@d.example, Group: e@f.example, g@h.example;',
      '=?utf-8?b?0LY=?= <@r1.example,@r2.example:"q\\"l"@[192.0.2.1]>, undisclosed:;',
      '\xd0\xb6\xd3\x99\xd1\x88\xd1\x96\xd0\xba@\xd2\x9b\xd0\xb0\xd0\xb7.example',
      'a . b @ c . d (x), <>, <a>, @',
    ],
    words: [
      '<',
      '>',
      '(',
      ')',
      '"',
      '\\',
      ',',
      ';',
      ':',
      '@',
      '.',
      '[',
      ']',
      '=?utf-8?q?=3c?=',
      '\r\n ',
    ],
    examine(input) {
      const text = input.toString('utf8');
      const addresses = parseAddressList(text, 1000);
      if (addresses.length > 3000) throw new Error('more addresses than were asked for');
      const canonical = canonicalAddress(text);
      if (canonical === undefined) return;
      if (canonicalAddress(canonical) !== canonical) throw new Error('canonical forms differ');
      skeleton(canonical);
    },
  },
  date: {
    corpus: [
      'Fri, 21 Nov 1997 09:55:06 -0600',
      'Thu,\r\n 13 Feb 1969 23:32 -0330 (Newfoundland Time)',
      '21 Nov 97 09:55:06 GMT',
      '1 Jan 2026 24:00:60 +9999',
      '"17-Jul-1996 02:44:25 -0700"',
      '" 1-Feb-2026 00:00:00 +0000"',
    ],
    words: ['(', ')', ':', '-', '+', ' ', '99', '00', 'Z', 'EST', ',', 'Feb', '31', '\\'],
    examine(input) {
      const text = input.toString('latin1');
      const parsed = parseDateTime(text);
      const ms = parseDate(text);
      if ((parsed === undefined) !== (ms === undefined)) throw new Error('one reads it, one not');
      if (ms !== undefined) {
        if (!Number.isFinite(ms)) throw new Error('no number');
        if (parseDate(formatDate(ms)) !== ms) throw new Error('it does not survive formatting');
      }
      expectOnly([ParseError], () => new Decoder(input).dateTime());
      expectOnly([ParseError], () => new Decoder(input).date());
    },
  },
} as const satisfies Record<string, FuzzTarget>;

export type TargetName = keyof typeof targets;

/** The answers to all commands in the octets, which come in pieces of that length. */
function readCommands(input: Buffer, pieceBytes: number): string[] {
  const answers: string[] = [];
  const reader = new CommandReader({ ...limits }, (head) => /^\S+ APPEND /i.test(head.toString()));
  let message: string[] | undefined;
  for (let at = 0; at < input.length; at += pieceBytes) {
    reader.push(Buffer.from(input.subarray(at, at + pieceBytes)));
    if (reader.bufferedBytes > limits.commandBytes + pieceBytes + limits.nonSyncBytes) {
      throw new Error(`${reader.bufferedBytes} octets are buffered`);
    }
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      if (event.kind === 'lost') return [...answers, 'lost'];
      if (event.kind === 'octets') {
        message?.push(event.octets.toString('hex'));
        continue;
      }
      if (message !== undefined) answers.push(message.join(''));
      message = undefined;
      if (event.kind === 'command') answers.push(readCommand(event.bytes));
      else if (event.kind === 'message') {
        answers.push(`message ${event.literal.sizeBytes}`);
        if (event.literal.sizeBytes > 4096) reader.refuse();
        else reader.accept();
        message = [];
      } else if (event.kind === 'rest') answers.push(`rest ${event.bytes.toString('hex')}`);
      else answers.push(event.kind);
    }
  }
  if (message !== undefined) answers.push(message.join(''));
  return answers;
}

function readCommand(bytes: Buffer): string {
  const answer = expectOnly([ParseError, MailError], () => {
    const d = new Decoder(bytes);
    d.tag();
    d.space();
    let name = d.word();
    let numbers: Numbers = 'msn';
    if (name === 'UID') {
      numbers = 'uid';
      d.space();
      name = d.word();
    }
    const command = commandTable.get(name);
    if (command === undefined || name === 'APPEND') return name;
    command.parse(d, numbers, state);
    d.end();
    return `${name} was read`;
  });
  return answer ?? 'BAD';
}

/** The result; undefined for an error of one of the classes. */
function expectOnly<Result>(
  classes: readonly (new (...args: never[]) => Error)[],
  read: () => Result,
): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (classes.some((one) => error instanceof one)) return undefined;
    throw error;
  }
}
