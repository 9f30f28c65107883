import { GatewayError } from '../../../src/gateway/gateway-error.ts';

/** What a person is told: the code, with the parameters in the order of their names; anything else thrown goes on. */
export async function refused(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const params = Object.entries(error.params).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [error.code, ...params.map(([name, value]) => `${name}=${value}`)].join(' ');
  }
}
