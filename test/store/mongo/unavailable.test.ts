import { expect } from 'chai';
import {
  MongoError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { MailError } from '../../../src/core/errors.ts';
import { unavailable } from '../../../src/store/mongo/mongo-database.ts';

/** The driver names those that it does not export by a getter, as here. */
function named<T extends MongoError>(error: T, name: string): T {
  Object.defineProperty(error, 'name', { value: name });
  return error;
}
const driver = (name: string): MongoError => named(new MongoError('x'), name);
const server = (code: number): MongoError => new MongoServerError({ message: 'x', code });

describe('what the driver throws', () => {
  const passing: Readonly<Record<string, Error>> = {
    'a broken connection': new MongoNetworkError('x'),
    'a connection that is silent': new MongoNetworkTimeoutError('x'),
    'a pool that was cleared while a connection was in use': named(
      new MongoNetworkError('x'),
      'PoolClearedOnNetworkError',
    ),
    'a pool that is cleared': named(new MongoNetworkError('x'), 'MongoPoolClearedError'),
    'a pool that is closed': driver('MongoPoolClosedError'),
    'no connection to be had': driver('MongoWaitQueueTimeoutError'),
    'no server to be had': new MongoServerSelectionError('x', {} as never),
    'a primary that is none any more': driver('MongoStalePrimaryError'),
    'a server that is closed': driver('MongoServerClosedError'),
    'a client that is closed': driver('MongoClientClosedError'),
    'a socket that broke': Object.assign(new Error('x'), { code: 'EPIPE' }),
    NotWritablePrimary: server(10107),
    PrimarySteppedDown: server(189),
    InterruptedAtShutdown: server(11600),
  };
  for (const [what, error] of Object.entries(passing)) {
    it(`${what} is "unavailable", and its cause is kept`, () => {
      const made = unavailable(error);
      expect(made).to.be.instanceOf(MailError).and.include({ failure: 'unavailable' });
      expect((made as MailError).cause).to.equal(error);
    });
  }

  const lasting: Readonly<Record<string, Error>> = {
    'a mistake of ours': new TypeError('x'),
    'an operation that is wrong': driver('MongoInvalidArgumentError'),
    'a key that is taken': server(11000),
    'a login without the right': server(13),
  };
  for (const [what, error] of Object.entries(lasting)) {
    it(`${what} stays what it is`, () => {
      expect(unavailable(error)).to.equal(error);
    });
  }
});
