import { ImapWire, SmtpWire } from '../../test/support/wire-client.ts';
import { letter } from '../letters.ts';
import { quantile, type Recorder } from '../recorder.ts';
import { benchPassword, type Target } from '../target.ts';

const letterBytes = 4096;
const senders = 10;
/** Every so many letters has the word that few have. */
const rareEvery = 1000;
const calmForMs = 3000;
const lookEveryMs = 500;
const rareWord = 'қызғалдақ';

/** Fills INBOX of the reader by LMTP and measures what mail programs do with it. */
export async function measureMailbox(
  target: Target,
  reader: string,
  messages: number,
  recorder: Recorder,
): Promise<void> {
  await fill(target, reader, messages);
  await calm(target);
  // New processes: nothing of the mailbox is in their memory.
  await target.stop();
  await target.start();
  const client = await ImapWire.login(target.ports.imap, reader, benchPassword);
  const time = timer(target, client, recorder);
  const part = Math.min(1000, messages / 10);
  const of = `of ${messages}`;
  await time(`select ${of}, cold`, 1, 'SELECT INBOX');
  await time(`select ${of}, warm`, 5, 'SELECT INBOX');
  await time(`flags ${of}`, 5, 'FETCH 1:* (FLAGS)');
  await time(`envelopes and structures ${of}`, 3, 'FETCH 1:* (ENVELOPE BODYSTRUCTURE)');
  await time(
    `first sync headers ${of}`,
    3,
    'FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])',
  );
  await time(`whole headers ${of}`, 3, 'FETCH 1:* (BODY.PEEK[HEADER])');
  await time(`fields for a sort ${of}`, 3, 'FETCH 1:* (UID INTERNALDATE RFC822.SIZE)');
  await time(`bodies ${of}`, 3, 'FETCH 1:* (BODY.PEEK[])');

  const quoted = (word: string): string => `{${Buffer.byteLength(word)}+}\r\n${word}`;
  await time(`search FROM in ${messages}`, 3, 'SEARCH FROM "sender42@"');
  await time(`search SUBJECT in ${messages}, none`, 3, 'SEARCH SUBJECT "nowhere"');
  await time(`search TEXT in ${messages}, none`, 3, 'SEARCH TEXT "nowhere"');
  await time(`search BODY in ${messages}, none`, 3, 'SEARCH BODY "nowhere"');
  await time(`search BODY in ${messages}, few`, 3, `SEARCH CHARSET UTF-8 BODY ${quoted(rareWord)}`);
  await time(
    `search BODY in ${messages}, most`,
    3,
    `SEARCH CHARSET UTF-8 BODY ${quoted('азамат')}`,
  );

  await time(`STORE on ${messages}`, 3, 'STORE 1:* +FLAGS.SILENT (\\Flagged)', '-FLAGS');
  await time(`COPY of ${part}`, 3, `COPY 1:${part} Archive`);
  await time(`MOVE of ${part}`, 3, `MOVE 1:${part} Archive`);
  await measureExpunge(target, client, part, recorder);
  await measureAppend(target, client, recorder);
  await measureResync(target, reader, recorder);
  client.wire.destroy();
}

/** Until the server has ended what it does behind the commits, such as an index of texts. */
async function calm(target: Target): Promise<void> {
  let busyAt = performance.now();
  while (performance.now() - busyAt < calmForMs) {
    const before = target.cpuSeconds();
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    if ((target.cpuSeconds() - before) * 1000 > lookEveryMs / 20) busyAt = performance.now();
  }
}

async function fill(target: Target, reader: string, messages: number): Promise<void> {
  await Promise.all(
    Array.from({ length: senders }, async (_, session) => {
      const client = await SmtpWire.open(target.ports.lmtp, 'LHLO client.example');
      for (let i = session; i < messages; i += senders) {
        const octets = letter(9_000_000 + i, letterBytes);
        const rare = i % rareEvery === 0 ? `${rareWord}\r\n` : '';
        const [reply] = await client.send(
          'bench@agency.example',
          [reader],
          Buffer.concat([octets, Buffer.from(rare)]),
          true,
        );
        if (reply?.startsWith('250') !== true) throw new Error(`refused: ${reply ?? ''}`);
      }
      client.wire.destroy();
    }),
  );
}

type Timer = (name: string, runs: number, command: string, undo?: string) => Promise<void>;

/** Runs a command several times; records the median and the CPU time of a run. */
function timer(target: Target, client: ImapWire, recorder: Recorder): Timer {
  return async (name, runs, command, undo) => {
    const walls: number[] = [];
    const cpuBefore = target.cpuSeconds();
    for (let run = 0; run < runs; run++) {
      // A flag that is there already would be no work: every other run takes it away.
      const text = undo !== undefined && run % 2 === 1 ? command.replace('+FLAGS', undo) : command;
      const started = performance.now();
      const { status, tagged } = await client.bulk(text);
      walls.push(performance.now() - started);
      if (status !== 'OK') throw new Error(`${name}: ${tagged}`);
    }
    recorder.add(name, 'ms', quantile(walls, 0.5));
    recorder.add(name, 'CPU ms', ((target.cpuSeconds() - cpuBefore) / runs) * 1000);
  };
}

/** Several times, each after the same messages were copied anew: only the EXPUNGE is measured. */
async function measureExpunge(
  target: Target,
  client: ImapWire,
  part: number,
  recorder: Recorder,
): Promise<void> {
  const walls: number[] = [];
  let cpu = 0;
  for (let run = 0; run < 3; run++) {
    await client.bulk('SELECT INBOX');
    await client.bulk(`COPY 1:${part} Archive`);
    await client.bulk('SELECT Archive');
    await client.bulk(`STORE 1:${part} +FLAGS.SILENT (\\Deleted)`);
    const before = target.cpuSeconds();
    const started = performance.now();
    await client.bulk('EXPUNGE');
    walls.push(performance.now() - started);
    cpu += target.cpuSeconds() - before;
  }
  recorder.add(`EXPUNGE of ${part}`, 'ms', quantile(walls, 0.5));
  recorder.add(`EXPUNGE of ${part}`, 'CPU ms', (cpu / walls.length) * 1000);
}

async function measureAppend(target: Target, client: ImapWire, recorder: Recorder): Promise<void> {
  const count = 200;
  const letters = Array.from({ length: count }, (_, i) => letter(8_000_000 + i, letterBytes));
  const singles: number[] = [];
  for (const octets of letters) {
    const started = performance.now();
    const answer = await client
      .command(`APPEND Drafts {${octets.length}+}`, octets)
      .catch(() => undefined);
    singles.push(performance.now() - started);
    if (answer?.status === 'OK') continue;
    throw new Error(`APPEND: ${answer?.tagged ?? 'the connection broke'}`);
  }
  recorder.add('APPEND of 4 KB, one by one', 'ms', quantile(singles, 0.5));

  const started = performance.now();
  const cpuBefore = target.cpuSeconds();
  letters.forEach((octets, i) => {
    client.wire.write(`p${i} APPEND Drafts {${octets.length}+}\r\n`);
    client.wire.write(octets);
    client.wire.write('\r\n');
  });
  for (let i = 0; i < count; i++) await client.wire.skipTo(`p${i} OK`);
  const seconds = (performance.now() - started) / 1000;
  recorder.add('APPEND of 4 KB, pipelined', 'letters/s', count / seconds, 'more');
  recorder.add(
    'APPEND of 4 KB, pipelined',
    'CPU s per 1000 copies',
    ((target.cpuSeconds() - cpuBefore) / count) * 1000,
  );
}

/** A program that was away while a hundred flags changed. RFC 7162 §3.2.5. */
async function measureResync(target: Target, reader: string, recorder: Recorder): Promise<void> {
  const open = (): Promise<ImapWire> => ImapWire.login(target.ports.imap, reader, benchPassword);
  const other = await open();
  const { untagged } = await other.command('SELECT INBOX (CONDSTORE)');
  const told = untagged.map(({ text }) => text).join('\n');
  const validity = /UIDVALIDITY (\d+)/.exec(told)?.[1] ?? '';
  const modSeq = /HIGHESTMODSEQ (\d+)/.exec(told)?.[1] ?? '';
  await other.bulk('STORE 1:100 +FLAGS.SILENT (\\Answered)');
  const walls: number[] = [];
  for (let run = 0; run < 5; run++) {
    const client = await open();
    await client.bulk('ENABLE QRESYNC');
    const started = performance.now();
    const { status, tagged } = await client.bulk(`SELECT INBOX (QRESYNC (${validity} ${modSeq}))`);
    walls.push(performance.now() - started);
    if (status !== 'OK') throw new Error(`QRESYNC: ${tagged}`);
    client.wire.destroy();
  }
  other.wire.destroy();
  recorder.add('resync by QRESYNC after 100 flags', 'ms', quantile(walls, 0.5));
}
