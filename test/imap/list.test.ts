import { expect } from 'chai';
import type { MailboxName } from '../../src/core/values.ts';
import { play } from '../support/play.ts';
import { type ImapServer, letter, startImap } from './support.ts';

const as = 'aigerim@example.kz';

/** A server with mailboxes by these names, besides those of birth, and these subscriptions. */
async function withMailboxes(
  names: readonly string[],
  subscribed: readonly string[] = [],
): Promise<ImapServer> {
  const mailboxes = Object.fromEntries(names.map((name) => [name, []]));
  const server = await startImap({ as, mailboxes });
  for (const name of await server.store.subscriptions(server.account.id)) {
    await server.store.subscribe(server.account.id, name, false);
  }
  for (const name of subscribed) {
    await server.store.subscribe(server.account.id, name as MailboxName, true);
  }
  return server;
}

describe('LIST', () => {
  it('answers the delimiter alone for an empty pattern', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" ""
      S: * LIST (\\Noselect) "/" ""
      S: a1 OK ...
      C: a2 LIST "INBOX/deep" ""
      S: * LIST (\\Noselect) "/" ""
      S: a2 OK ...
    `,
    );
  });

  it('ignores empty patterns in the extended syntax', async () => {
    const server = await withMailboxes(['Work']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST () "" ""
      S: a1 OK ...
      C: a2 LIST (SUBSCRIBED) "" ""
      S: a2 OK ...
      C: a3 LIST "" "" RETURN (CHILDREN)
      S: a3 OK ...
      C: a4 LIST "" ("")
      S: a4 OK ...
      C: a5 LIST Work ("" nothing)
      S: a5 OK ...
      C: a6 LIST "" ("" Work)
      S: * LIST (\\HasNoChildren) "/" Work
      S: a6 OK ...
    `,
    );
  });

  it('refuses patterns that would cost too much', async () => {
    const server = await startImap({ as });
    const long = 'x'.repeat(1024);
    const many = Array.from({ length: 65 }, () => 'x').join(' ');
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" (${long} ${long} ${long} ${long})
      S: a1 OK ...
      C: a2 LIST "" (${long} ${long} ${long} ${long} x)
      S: a2 BAD Patterns are too long
      C: a3 LIST "" x${long}
      S: a3 BAD Pattern is too long
      C: a4 LIST x ${long}
      S: a4 BAD Pattern is too long
      C: a5 LIST "" (${many})
      S: a5 BAD Too many patterns
    `,
    );
  });

  it('shows special uses and children without being asked', async () => {
    const server = await withMailboxes(['Work', 'Work/2026']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" *
      S: * LIST (\\HasNoChildren \\Archive) "/" Archive
      S: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * LIST (\\HasNoChildren \\Junk) "/" Junk
      S: * LIST (\\HasNoChildren \\Official) "/" Official
      S: * LIST (\\HasNoChildren \\Sent) "/" Sent
      S: * LIST (\\HasNoChildren \\Trash) "/" Trash
      S: * LIST (\\HasChildren) "/" Work
      S: * LIST (\\HasNoChildren) "/" Work/2026
      S: a1 OK ...
      C: a2 LIST "" % RETURN (CHILDREN SPECIAL-USE)
      S: ...
      S: * LIST (\\HasChildren) "/" Work
      S: a2 OK ...
      C: a3 LIST Work/ %
      S: * LIST (\\HasNoChildren) "/" Work/2026
      S: a3 OK ...
      C: a4 LIST (SPECIAL-USE) "" (Sent Trash Work INBOX)
      S: * LIST (\\HasNoChildren \\Sent) "/" Sent
      S: * LIST (\\HasNoChildren \\Trash) "/" Trash
      S: a4 OK ...
    `,
    );
  });

  it('finds INBOX in any case, as a first level too, and other names in theirs alone', async () => {
    const server = await withMailboxes(['INBOX/Bills', 'Work']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" inbox
      S: * LIST (\\HasChildren) "/" INBOX
      S: a1 OK ...
      C: a2 LIST "" inb%
      S: * LIST (\\HasChildren) "/" INBOX
      S: a2 OK ...
      C: a3 LIST "" "iNbOx/%"
      S: * LIST (\\HasNoChildren) "/" INBOX/Bills
      S: a3 OK ...
      C: a4 LIST inbox/ Bills
      S: * LIST (\\HasNoChildren) "/" INBOX/Bills
      S: a4 OK ...
      C: a5 LIST "" work
      S: a5 OK ...
      C: a6 LIST "" inbox/bills
      S: a6 OK ...
    `,
    );
  });

  it('gives each name once, whichever patterns match it', async () => {
    const server = await withMailboxes(['Work']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" (Wo% Work W* INBOX Missing)
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * LIST (\\HasNoChildren) "/" Work
      S: a1 OK ...
    `,
    );
  });

  // The tree of RFC 5258 §5, of which some is subscribed and some of that does not exist.
  const fruit = ['Fruit', 'Fruit/Apple', 'Fruit/Banana', 'Vegetable', 'Vegetable/Broccoli'];
  const wanted = ['Fruit/Banana', 'Fruit/Peach', 'Vegetable', 'Vegetable/Broccoli', 'Tofu/Silken'];

  it('selects by subscription, of names that do not exist too', async () => {
    const server = await withMailboxes(fruit, wanted);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST (SUBSCRIBED) "" *
      S: * LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana
      S: * LIST (\\NonExistent \\Noselect \\HasNoChildren \\Subscribed) "/" Fruit/Peach
      S: * LIST (\\NonExistent \\Noselect \\HasNoChildren \\Subscribed) "/" Tofu/Silken
      S: * LIST (\\HasChildren \\Subscribed) "/" Vegetable
      S: * LIST (\\HasNoChildren \\Subscribed) "/" Vegetable/Broccoli
      S: a1 OK ...
      # a superior that is not subscribed itself shows only by RECURSIVEMATCH
      C: a2 LIST (SUBSCRIBED) "" %
      S: * LIST (\\HasChildren \\Subscribed) "/" Vegetable
      S: a2 OK ...
      C: a3 LIST (SUBSCRIBED REMOTE RECURSIVEMATCH) "" %
      S: * LIST (\\HasChildren) "/" Fruit ("CHILDINFO" ("SUBSCRIBED"))
      S: * LIST (\\NonExistent \\Noselect \\HasNoChildren) "/" Tofu ("CHILDINFO" ("SUBSCRIBED"))
      S: * LIST (\\HasChildren \\Subscribed) "/" Vegetable ("CHILDINFO" ("SUBSCRIBED"))
      S: a3 OK ...
      # superiors whose matching children are all listed need not be told of
      C: a4 LIST (RECURSIVEMATCH SUBSCRIBED) "" *
      S: * LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana
      S: ...
      S: * LIST (\\HasChildren \\Subscribed) "/" Vegetable ("CHILDINFO" ("SUBSCRIBED"))
      S: * LIST (\\HasNoChildren \\Subscribed) "/" Vegetable/Broccoli
      S: a4 OK ...
      C: a5 LIST "" Fruit/% RETURN (SUBSCRIBED)
      S: * LIST (\\HasNoChildren) "/" Fruit/Apple
      S: * LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana
      S: a5 OK ...
      C: a6 LIST (SUBSCRIBED SPECIAL-USE) "" *
      S: a6 OK ...
    `,
    );
  });

  it('refuses options that it does not know or that make no sense', async () => {
    const server = await startImap({ as });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST (RECURSIVEMATCH) "" *
      S: a1 BAD ...
      C: a2 LIST (RECURSIVEMATCH REMOTE) "" *
      S: a2 BAD ...
      C: a3 LIST (HAIRY) "" *
      S: a3 BAD ...
      C: a4 LIST "" * RETURN (HAIRY)
      S: a4 BAD ...
      C: a5 LIST "" ()
      S: a5 BAD ...
      C: a6 LIST "" * RETURN
      S: a6 BAD ...
      C: a7 LIST () "" Sent RETURN ()
      S: * LIST (\\HasNoChildren \\Sent) "/" Sent
      S: a7 OK ...
      C: a8 LIST "" ${'x'.repeat(1025)}
      S: a8 BAD ...
      C: a9 LIST "" (${Array(65).fill('x').join(' ')})
      S: a9 BAD ...
    `,
    );
  });

  it('gives each STATUS right behind its LIST, and none for what cannot be selected', async () => {
    const server = await withMailboxes(['Work', 'Work/2026'], ['Gone']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a0 DELETE Work
      S: a0 OK ...
      C: a1 APPEND INBOX {3+}
      C: x
      C:
      S: a1 OK [APPENDUID ...
      C: a2 LIST "" (INBOX Work Work/*) RETURN (STATUS (MESSAGES UNSEEN))
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: * STATUS INBOX (MESSAGES 1 UNSEEN 1)
      S: * LIST (\\Noselect \\HasChildren) "/" Work
      S: * LIST (\\HasNoChildren) "/" Work/2026
      S: * STATUS Work/2026 (MESSAGES 0 UNSEEN 0)
      S: a2 OK ...
      C: a3 LIST (SUBSCRIBED) "" * RETURN (SUBSCRIBED STATUS (SIZE))
      S: * LIST (\\NonExistent \\Noselect \\HasNoChildren \\Subscribed) "/" Gone
      S: a3 OK ...
    `,
    );
  });

  it('writes names in modified UTF-7, and in UTF-8 once that is enabled', async () => {
    const server = await withMailboxes(['Құжаттар', 'A&B', 'two words']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" (&* Қ* "two*" A*B)
      S: a1 BAD ...
      C: a2 LIST "" (&BJo-* A&-* "two*")
      S: * LIST (\\HasNoChildren) "/" "A&-B"
      S: * LIST (\\HasNoChildren) "/" "two words"
      S: * LIST (\\HasNoChildren) "/" "&BJoEsQQ2BDAEQgRCBDAEQA-"
      S: a2 OK ...
      # ill-formed, so it matches nothing, though "A*" would
      C: a3 LIST "" A&*
      S: a3 OK ...
      C: a4 STATUS "A&B" (MESSAGES)
      S: a4 NO [NONEXISTENT] ...
      C: a5 ENABLE UTF8=ACCEPT
      S: * ENABLED UTF8=ACCEPT
      S: a5 OK ...
      C: a6 LIST "" ("Қ*" A&*)
      S: * LIST (\\HasNoChildren) "/" "A&B"
      S: * LIST (\\HasNoChildren) "/" "Құжаттар"
      S: a6 OK ...
    `,
    );
  });

  it('streams ten thousand names in one answer', async () => {
    const server = await startImap({
      as,
      around: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name !== 'mailboxes') {
              const value: unknown = Reflect.get(target, name);
              return typeof value === 'function' ? (value.bind(target) as unknown) : value;
            }
            return async (...args: Parameters<typeof target.mailboxes>) => {
              const [inbox] = await target.mailboxes(...args);
              return Array.from({ length: 10_000 }, (_, i) => ({ ...inbox, name: `Box${i}` }));
            };
          },
        }),
    });
    const lines = await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LIST "" *%*%*%*%*x*%*%*%*y
      S: a1 OK ...
      C: a2 LIST "" *
      S: ...
      S: a2 OK ...
    `,
    );
    expect(lines).to.have.length(10_000 + 3);
  });
});

describe('LSUB', () => {
  it('tells subscribed names, and with "%" their superiors', async () => {
    const server = await withMailboxes(['Work', 'Work/2026'], ['Work/2026', 'INBOX', 'Gone']);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 LSUB "" *
      S: * LSUB () "/" Gone
      S: * LSUB () "/" INBOX
      S: * LSUB () "/" Work/2026
      S: a1 OK ...
      C: a2 LSUB "" %
      S: * LSUB () "/" Gone
      S: * LSUB () "/" INBOX
      S: * LSUB (\\Noselect) "/" Work
      S: a2 OK ...
      C: a3 UNSUBSCRIBE Gone
      S: a3 OK ...
      C: a4 LSUB Work/ %
      S: * LSUB () "/" Work/2026
      S: a4 OK ...
    `,
    );
  });
});

describe('STATUS', () => {
  it('answers every item from counters', async () => {
    const server = await startImap({
      as,
      mailboxes: { INBOX: [letter(), letter({}, ['\\Seen']), letter({}, ['\\Deleted'])] },
    });
    const { store, account } = server;
    const inbox = await store.findMailbox(account.id, 'INBOX' as MailboxName);
    const size = Buffer.byteLength(letter().text);
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE DELETED-STORAGE)
      S: * STATUS INBOX (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY ${inbox!.uidValidity} UNSEEN 2 DELETED 1 SIZE ${3 * size} DELETED-STORAGE ${size})
      S: a1 OK ...
      C: a2 STATUS INBOX (HIGHESTMODSEQ APPENDLIMIT MAILBOXID messages)
      S: * STATUS INBOX (HIGHESTMODSEQ ${inbox!.highestModSeq} APPENDLIMIT 52428800 MAILBOXID (F...) MESSAGES 3)
      S: a2 OK ...
      C: a3 STATUS Missing (MESSAGES)
      S: a3 NO [NONEXISTENT] ...
      C: a4 STATUS INBOX ()
      S: a4 BAD ...
      C: a5 STATUS INBOX (HAIRY)
      S: a5 BAD ...
      C: a6 STATUS INBOX MESSAGES
      S: a6 BAD ...
    `,
    );
  });

  it('knows no RECENT in revision 2, and turns CONDSTORE on when asked for HIGHESTMODSEQ', async () => {
    const server = await startImap({ as, mailboxes: { INBOX: [letter()] } });
    await play(
      server.port,
      `
      S: * PREAUTH ...
      C: a1 SELECT INBOX
      S: ...
      S: a1 OK ...
      C: a2 STATUS Sent (HIGHESTMODSEQ)
      S: * OK [HIGHESTMODSEQ ...] ...
      S: * STATUS Sent (HIGHESTMODSEQ ...)
      S: a2 OK ...
      C: a3 STORE 1 +FLAGS \\Seen
      S: * 1 FETCH (...MODSEQ ...
      S: a3 OK ...
      C: a4 ENABLE IMAP4rev2
      S: * ENABLED IMAP4rev2
      S: a4 OK ...
      C: a5 STATUS INBOX (RECENT)
      S: a5 BAD ...
    `,
    );
  });
});
