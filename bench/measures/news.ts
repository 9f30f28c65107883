import type { Hints } from '../../src/bus/api.ts';
import { inboxId } from '../../src/core/values.ts';
import type { MailStore } from '../../src/store/api.ts';
import { quantile, type Recorder } from '../recorder.ts';
import { accept, accounts, receive } from './store.ts';

const letters = 200;

/** From the answer to a letter in one process until another one, which has the mailbox open, shows it. */
export async function measureNews(
  open: (hints: Hints) => Promise<MailStore>,
  bus: () => Promise<{ readonly hints: Hints }>,
  recorder: Recorder,
): Promise<void> {
  const writer = await open((await bus()).hints);
  const reader = await open((await bus()).hints);
  try {
    const [account] = await accounts(writer, 1);
    if (account === undefined) throw new Error('no account');
    let told = (): void => undefined;
    const mailbox = await reader.open(account.id, inboxId, () => {
      told();
    });
    const content = await receive(writer);
    const walls: number[] = [];
    for (let i = 1; i <= letters; i++) {
      const seen = new Promise<number>((resolve) => {
        told = () => {
          if (mailbox.view.count >= i) resolve(performance.now());
        };
      });
      await accept(writer, content, [account]);
      const answered = performance.now();
      told();
      walls.push(Math.max(0, (await seen) - answered));
    }
    await content.release();
    mailbox.close();
    recorder.add('news to another process', 'ms median', quantile(walls, 0.5));
    recorder.add('news to another process', 'ms p99', quantile(walls, 0.99));
  } finally {
    await writer.close();
    await reader.close();
  }
}
