import { formatRanges, toRanges, type UidRanges } from '../../core/uid-set.ts';
import type { ModSeq } from '../../core/values.ts';
import type { FlagChange, FlagSet } from '../../store/api.ts';
import { keywordBit, type MailboxView } from '../../store/mailbox-view.ts';
import type { Command, CommandContext, Numbers } from '../command.ts';
import { no, ok } from '../response.ts';
import { TimeSlice } from '../time-slice.ts';
import { includesUid, intersect, subtract } from '../uid-ranges.ts';
import type { MessageSet } from '../wire/message-set.ts';

/** Messages answered between two looks at the client and the clock. */
const answeredAtOnce = 1000;

interface StoreArguments {
  readonly set: MessageSet;
  readonly unchangedSince: ModSeq | undefined;
  readonly mode: FlagChange['mode'];
  readonly silent: boolean;
  readonly flags: FlagSet;
}

const modes = { FLAGS: 'replace', '+FLAGS': 'add', '-FLAGS': 'remove' } as const;

/** STORE and UID STORE. RFC 9051 §6.4.6 and §6.4.9, RFC 7162 §3.1.3. */
export const store: Command<StoreArguments> = {
  name: 'STORE',
  state: 'selected',
  uidForm: true,
  allowExpunge: 'uid-form',

  // store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
  // store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"
  // store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
  parse(d) {
    d.space();
    const set = d.messageSet();
    d.space();
    let unchangedSince: ModSeq | undefined;
    if (d.peek() === '(') {
      d.nonEmptyList(() => {
        d.keyword('UNCHANGEDSINCE');
        d.space();
        unchangedSince = d.number64() as ModSeq;
      });
      d.space();
    }
    const item = d.keyword(
      'FLAGS',
      'FLAGS.SILENT',
      '+FLAGS',
      '+FLAGS.SILENT',
      '-FLAGS',
      '-FLAGS.SILENT',
    );
    d.space();
    const [name, silent] = item.split('.') as [keyof typeof modes, string?];
    const mode = modes[name];
    return { set, unchangedSince, mode, silent: silent !== undefined, flags: d.flags() };
  },

  async run(ctx, { set, unchangedSince, mode, silent, flags }, numbers) {
    const { selected, out } = ctx;
    const uids = selected.uidsIn(set, numbers);
    if (selected.readOnly) return no('NOPERM', 'The mailbox is open read-only');
    if (unchangedSince !== undefined) selected.enableCondstore(out);
    if (uids.length === 0) return ok('STORE completed');

    const before = silent ? new FlagsBefore(ctx, uids) : undefined;
    const { modified } = await ctx.store.storeFlags(selected.account, selected.mailbox.id, uids, {
      mode,
      flags,
      ...(unchangedSince === undefined ? {} : { unchangedSince }),
    });
    const known = before?.knownAfter(mode, flags) ?? [];
    selected.announceKeywords(out);
    await answer(ctx, { uids, known, modified, numbers });

    if (modified.length > 0) {
      const failed = numbers === 'uid' ? modified : sequenceNumbers(ctx, modified);
      return ok('Some messages were changed by somebody else', `MODIFIED ${formatRanges(failed)}`);
    }
    // RFC 2180 §4.2: the rest is done; a client that counts by numbers learns that some are gone.
    if (numbers === 'msn' && selected.hasGhostsAmong(uids)) {
      return ok('Some messages no longer exist', 'EXPUNGEISSUED');
    }
    return ok('STORE completed');
  },
};

/**
 * Writes the FETCH responses: flags of every message, or, for those whose flags the client knows by itself (.SILENT),
 * MODSEQ alone, which CONDSTORE demands even then. RFC 9051 §6.4.6, RFC 7162 §3.1.3.
 */
async function answer(
  ctx: CommandContext,
  what: {
    readonly uids: UidRanges;
    readonly known: UidRanges;
    readonly modified: UidRanges;
    readonly numbers: Numbers;
  },
): Promise<void> {
  const { selected, state, out } = ctx;
  const slice = new TimeSlice();
  const known = subtract(what.known, what.modified);
  // Without CONDSTORE a silent STORE tells nothing of what the client knows.
  const told = state.condstore ? what.uids : subtract(what.uids, known);
  selected.flagsShown(known);
  const walk = selected.walk(told);
  let more = true;
  while (more) {
    let text = '';
    let first = 0;
    let last = 0;
    more = walk.next(answeredAtOnce, (msn, rows, index) => {
      // Ghosts have no flags any more.
      if (rows !== selected.view) return undefined;
      last = rows.uidAt(index);
      if (first === 0) first = last;
      text +=
        state.condstore && includesUid(known, last)
          ? `* ${msn} FETCH (UID ${last} MODSEQ (${rows.modSeqAt(index)}))\r\n`
          : selected.flagsLine(msn, rows, index, what.numbers === 'uid');
      return undefined;
    });
    if (text === '') continue;
    if (selected.pendingFlags.length > 0) selected.flagsShown(intersect(told, [first, last]));
    out.text(text);
    await out.flush();
    if (slice.over) await slice.rest();
  }
}

function sequenceNumbers({ selected }: CommandContext, uids: UidRanges): UidRanges {
  const numbers: number[] = [];
  selected.walk(uids).next(Infinity, (msn) => {
    numbers.push(msn);
    return undefined;
  });
  return toRanges(numbers);
}

/**
 * The flags that the client knows of the messages before a silent STORE. Afterwards it tells for which of them the
 * client's own reckoning is right; the others it must be told of, RFC 9051 §6.4.6. Costs 8 octets a message, for the
 * time of the command.
 */
class FlagsBefore {
  readonly #ctx: CommandContext;
  readonly #uids: UidRanges;
  readonly #flags: number[] = [];
  readonly #moreFlags: number[] = [];
  readonly #known: number[] = [];

  constructor(ctx: CommandContext, uids: UidRanges) {
    this.#ctx = ctx;
    const { selected } = ctx;
    const pending = selected.pendingFlags;
    // What the client was not told before it cannot reckon with.
    this.#uids = subtract(uids, pending);
    selected.walk(this.#uids).next(Infinity, (_, rows, index) => {
      this.#known.push(rows.uidAt(index));
      this.#flags.push(rows.flagsAt(index));
      this.#moreFlags.push(rows.moreFlagsAt(index));
      return undefined;
    });
  }

  /** UIDs whose flags are now what the change makes of those before. */
  knownAfter(mode: FlagChange['mode'], change: FlagSet): UidRanges {
    const { selected } = this.#ctx;
    const { flags, moreFlags } = bitsOf(selected.view, change);
    const expected = (before: number, bits: number): number =>
      (mode === 'add' ? before | bits : mode === 'remove' ? before & ~bits : bits) >>> 0;
    const right: number[] = [];
    let next = 0;
    selected.walk(this.#uids).next(Infinity, (_, rows, index) => {
      const uid = rows.uidAt(index);
      while (next < this.#known.length && (this.#known[next] as number) < uid) next++;
      if (this.#known[next] !== uid || rows !== selected.view) return undefined;
      if (
        rows.flagsAt(index) === expected(this.#flags[next] as number, flags) &&
        rows.moreFlagsAt(index) === expected(this.#moreFlags[next] as number, moreFlags)
      ) {
        right.push(uid);
      }
      return undefined;
    });
    return toRanges(right);
  }
}

function bitsOf(view: MailboxView, set: FlagSet): { flags: number; moreFlags: number } {
  let flags = set.system;
  let moreFlags = 0;
  for (const name of set.keywords) {
    const number = view.keywordNumber(name);
    // A keyword that is removed and that no message ever had.
    if (number < 0) continue;
    const { more, bit } = keywordBit(number);
    if (more) moreFlags |= bit;
    else flags |= bit;
  }
  return { flags, moreFlags };
}
