import { randomBytes } from 'node:crypto';
import { MailError } from '../../core/errors.ts';
import type { Database } from './database.ts';

const racers = 8;
/** Writes that must find the number they read, over all racers. */
const raceWins = 96;

/**
 * Has several writers race for one document, as front ends do for an account. A commit here is a write that asks for
 * what it was made of; a server that lets two such writes win would lose letters. `invalid`: it is one of them.
 */
export async function checkCompareAndSet(db: Database): Promise<void> {
  const _id = `race:${randomBytes(9).toString('base64url')}`;
  await db.insert('counters', [{ _id, n: 0 }]);
  try {
    let wins = 0;
    const race = async (): Promise<void> => {
      while (wins < raceWins) {
        const n = await numberOf(db, _id);
        if (await db.update('counters', { _id, n }, { $set: { n: n + 1 } })) wins++;
      }
    };
    await Promise.all(Array.from({ length: racers }, race));
    const counted = await numberOf(db, _id);
    if (counted === wins) return;
    throw new MailError(
      'invalid',
      `The database loses writes that race: ${wins} of them won and ${counted} are there. ` +
        'It must write on a condition, as MongoDB does',
    );
  } finally {
    await db.remove('counters', { _id });
  }
}

async function numberOf(db: Database, _id: string): Promise<number> {
  const [found] = await db.find<{ readonly n: number }>('counters', { _id });
  if (found === undefined)
    throw new MailError('invalid', 'The database does not read what it wrote');
  return found.n;
}
