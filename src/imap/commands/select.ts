import { formatRanges } from '../../core/uid-set.ts';
import { hierarchyDelimiter, type MailboxName } from '../../core/values.ts';
import type { Mailbox } from '../../store/api.ts';
import type { Command, CommandContext } from '../command.ts';
import { mailboxObjectId } from '../object-id.ts';
import { no, ok, type Response } from '../response.ts';
import { SelectedMailbox } from '../selected.ts';
import type { SessionState } from '../session-state.ts';
import type { Decoder } from '../wire/decoder.ts';
import { type MessageSet, star } from '../wire/message-set.ts';
import { ParseError } from '../wire/parse-error.ts';
import { writeList } from '../write-list.ts';

/** What a client remembers of the mailbox and wants compared. RFC 7162 §3.2.5. */
interface Resync {
  readonly uidValidity: number;
  readonly modSeq: number;
  /** UIDs the client has. */
  readonly known: MessageSet;
}

interface SelectArguments {
  readonly name: MailboxName;
  /** The name as the client wrote it, where that is not how it is kept. */
  readonly spelling: string | undefined;
  readonly condstore: boolean;
  readonly resync: Resync | undefined;
}

/** SELECT. RFC 9051 §6.3.2, with CONDSTORE and QRESYNC of RFC 7162. */
export const select = selectCommand('SELECT', false);

/** EXAMINE: nothing is changed through it. RFC 9051 §6.3.3. */
export const examine = selectCommand('EXAMINE', true);

function selectCommand(name: 'SELECT' | 'EXAMINE', readOnly: boolean): Command<SelectArguments> {
  return {
    name,
    state: 'authenticated',
    allowExpunge: false,

    // select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
    parse(d, _numbers, state) {
      d.space();
      const mailbox = d.mailboxAsSpelled();
      let condstore = false;
      let resync: Resync | undefined;
      if (d.tryConsume(' ')) {
        d.nonEmptyList(() => {
          if (d.keyword('CONDSTORE', 'QRESYNC') === 'CONDSTORE') condstore = true;
          else resync = readResync(d, state);
        });
      }
      return { ...mailbox, condstore, resync };
    },

    async run(ctx, args) {
      const { account, out, state, store } = ctx;
      // RFC 9051 §6.3.2: whatever comes of it, the old mailbox is no longer selected.
      if (state.selected !== undefined) {
        state.selected.close();
        state.selected = undefined;
        out.untagged('OK [CLOSED] The previous mailbox is closed');
      }
      state.savedResult = [];

      const mailbox = await store.findMailbox(account.id, args.name);
      if (mailbox === undefined) return no('NONEXISTENT', 'No such mailbox');
      if (!mailbox.selectable) return no('CANNOT', 'This name holds no messages');
      if (args.condstore || args.resync !== undefined) state.enabled.add('CONDSTORE');

      const selected = await SelectedMailbox.open(store, account.id, mailbox, { state, readOnly });
      state.selected = selected;
      return describe(ctx, name, selected, args);
    },
  };
}

async function describe(
  ctx: CommandContext,
  command: string,
  selected: SelectedMailbox,
  { resync, spelling }: SelectArguments,
): Promise<Response> {
  const { account, out, state, store } = ctx;
  const { mailbox } = selected;
  out.untagged(selected.flagsResponse());
  out.untagged(selected.permanentFlagsResponse());
  out.untagged(`${selected.count} EXISTS`);
  if (!state.rev2) {
    // Never claimed for a session: RFC 9051 Appendix E.9 has done away with it.
    out.untagged('0 RECENT');
    const unseen = selected.firstUnseen();
    if (unseen !== undefined) out.untagged(`OK [UNSEEN ${unseen}] The first unseen message`);
  }
  out.untagged(`OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid`);
  out.untagged(`OK [UIDNEXT ${selected.uidNext}] The next UID`);
  out.untagged(`OK [HIGHESTMODSEQ ${selected.highestModSeq}] The last change`);
  out.untagged(`OK [MAILBOXID (${mailboxObjectId(account.id, mailbox.id)})] The mailbox itself`);
  if (state.rev2) tellName(ctx, mailbox, spelling, await store.mailboxes(account.id));
  // RFC 7162 §3.2.5: what the client remembers of another mailbox of that name is of no use.
  if (resync?.uidValidity === mailbox.uidValidity) await tellChanges(ctx, selected, resync);
  return selected.readOnly
    ? ok(`${command} completed`, 'READ-ONLY')
    : ok(`${command} completed`, 'READ-WRITE');
}

/** LIST, with OLDNAME for a client that spells the name its own way. RFC 9051 §6.3.2 and §6.3.9.7. */
function tellName(
  { out }: CommandContext,
  mailbox: Mailbox,
  spelling: string | undefined,
  all: readonly Mailbox[],
): void {
  const below = `${mailbox.name}${hierarchyDelimiter}`;
  const hasChildren = all.some((other) => other.name.startsWith(below));
  const { name } = mailbox;
  const listed = { name, mailbox, subscribed: false, hasChildren, childInfo: undefined };
  writeList(out, listed, spelling === undefined ? {} : { oldName: spelling });
}

/** VANISHED (EARLIER), then the flags that changed. RFC 7162 §3.2.5.1. */
async function tellChanges(
  { out }: CommandContext,
  selected: SelectedMailbox,
  { modSeq, known }: Resync,
): Promise<void> {
  const vanished = await selected.vanishedSince(modSeq, known);
  if (vanished.length > 0) out.untagged(`VANISHED (EARLIER) ${formatRanges(vanished)}`);
  const walk = selected.walk(selected.uidsIn(known, 'uid'));
  let more = true;
  while (more) {
    more = walk.next(messagesAtOnce, (msn, rows, index) => {
      if (rows.modSeqAt(index) > modSeq) {
        // Others go on meanwhile, and may have given it a keyword that nobody had before.
        selected.announceKeywords(out);
        out.text(selected.flagsLine(msn, rows, index, true));
      }
      return undefined;
    });
    await out.flush();
  }
}

// select-param =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
function readResync(d: Decoder, state: SessionState): Resync {
  if (!state.qresync) throw new ParseError('QRESYNC must be enabled first'); // RFC 7162 §3.2.5
  d.space();
  d.expect('(');
  const uidValidity = d.nonZeroNumber();
  d.space();
  // Some clients begin with 0, though the grammar has it positive: everything changed since then.
  const modSeq = d.number64();
  let known: MessageSet = everything;
  let more = d.tryConsume(' ');
  if (more && d.peek() !== '(') {
    known = knownNumbers(d);
    more = d.tryConsume(' ');
  }
  if (more) {
    // Which messages the client counted would help a server without a record of expunges; we have one.
    d.expect('(');
    knownNumbers(d);
    d.space();
    knownNumbers(d);
    d.expect(')');
  }
  d.expect(')');
  return { uidValidity, modSeq, known };
}

// known-uids = sequence-set, in which "*" is not allowed
function knownNumbers(d: Decoder): MessageSet {
  const set = d.messageSet();
  if (set.kind === 'saved' || set.ranges.some(([, last]) => last === star)) {
    throw new ParseError('Known messages are named by number');
  }
  return set;
}

const everything: MessageSet = { kind: 'ranges', ranges: [[1, star]] };

/** Messages looked at between two looks at how fast the client reads. */
const messagesAtOnce = 1000;
