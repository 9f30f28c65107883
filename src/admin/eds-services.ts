import { randomBytes } from 'node:crypto';
import { Refusal } from '../eds/refusal.ts';
import type { CrlUpdate } from '../eds/services/crl-updater.ts';
import type { Timestamper } from '../eds/services/timestamper.ts';
import { readTimestampToken } from '../eds/timestamp/timestamp-token.ts';

/** How a configured service of an authority does. */
export interface EdsServiceState {
  readonly service: 'crl' | 'timestamps';
  readonly good: boolean;
  /** A reason code, or what came. */
  readonly detail: string;
}

export interface AskedServices {
  readonly crlUpdater: { update(): Promise<readonly CrlUpdate[]> };
  readonly timestamper: Timestamper | undefined;
}

/** Fetches the lists, so that they are there for who verifies, and has chance octets stamped. */
export async function askEdsServices(services: AskedServices): Promise<readonly EdsServiceState[]> {
  const lists = await services.crlUpdater.update();
  const states = lists.map((one): EdsServiceState => {
    if (one.state === 'failed') return { service: 'crl', good: false, detail: one.reason };
    const { number, entries, nextUpdate } = one.meta;
    const until = nextUpdate === undefined ? 'no end' : new Date(nextUpdate).toISOString();
    return { service: 'crl', good: true, detail: `${number ?? '-'}, ${entries} entries, ${until}` };
  });
  if (services.timestamper !== undefined) states.push(await askForStamp(services.timestamper));
  return states;
}

async function askForStamp(timestamper: Timestamper): Promise<EdsServiceState> {
  try {
    const { info } = readTimestampToken(await timestamper.timestamp(randomBytes(32)));
    return { service: 'timestamps', good: true, detail: new Date(info.genTime).toISOString() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { service: 'timestamps', good: false, detail: error.code };
  }
}
