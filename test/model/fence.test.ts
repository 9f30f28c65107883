import { expect } from 'chai';
import { loadCode } from './code.ts';
import { type Code, lettersOf, Process } from './explorer.ts';
import { mutations } from './mutations.ts';
import { ModelServer, type Network } from './server.ts';

/*
 * A moment so rare that the explorer does not come upon it: one process has found a letter that the account once had
 * and is about to commit a message with it, while another removes the letter because no message has it.
 */
describe('a letter that is used while it is collected', () => {
  const run = async (code: Code): Promise<{ readonly held: number; readonly there: number[] }> => {
    const server = new ModelServer();
    server.failure = code.MailError;
    server.insert('heads', [code.newHead(1)]);
    server.replicateAll();
    const [letter] = lettersOf(code.MongoContent, 1) as [never];
    const waits = { now: () => 0, random: () => 0, pause: () => Promise.resolve() };
    // Calls are done as they come, but for those that a test holds up.
    let hold: (what: string) => Promise<void> | undefined = () => undefined;
    const network: Network = {
      fate: () => 'done',
      later: (step) => {
        void Promise.resolve(hold(step.what)).then(() => {
          step.run();
          server.replicateAll();
        });
      },
    };
    const [one, other] = ['A', 'B'].map(
      (name) => new Process(code, server, network, name, waits),
    ) as [Process, Process];
    await one.deliver(1, letter);
    await other.look(1);
    await one.flag(1, [1, 1], 4);
    await one.expunge(1);

    const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      return { opened, open };
    };
    const [collecting, committing, goOn, commit] = [gate(), gate(), gate(), gate()];
    let marks = 0;
    hold = (what) => {
      // The tombstone is gone by then; nothing is marked yet.
      if (what === 'A find emails' && marks++ === 0) {
        collecting.open();
        return goOn.opened;
      }
      if (what !== 'B update heads') return undefined;
      committing.open();
      return commit.opened;
    };
    const collected = one.collect();
    await collecting.opened;
    await other.look(1);
    const delivered = other.deliver(2, letter);
    await committing.opened;
    goOn.open();
    await collected;
    commit.open();
    await delivered;

    const { rows } = await other.look(1);
    const there = server.read('emails', {}).map(({ _id }) => (_id as { readonly e: number }).e);
    return { held: Number(rows[0]?.split(' ').at(-1)), there };
  };

  it('is not lost, for the collector commits too, and so the other must look again', async () => {
    const { code, remove } = await loadCode();
    const { held, there } = await run(code);
    await remove();
    expect(there).to.include(held);
  });

  it('would be lost without that commit', async () => {
    const fence = mutations.find(({ to, file }) => to === '' && file === 'collector.ts');
    const { code, remove } = await loadCode(fence);
    const { held, there } = await run(code);
    await remove();
    expect(there).not.to.include(held);
  });
});
