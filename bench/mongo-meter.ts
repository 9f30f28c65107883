import { setTimeout as delay } from 'node:timers/promises';
import {
  BSON,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  type MongoClient,
} from 'mongodb';

/** What went between a store and its database. */
export interface Exchange {
  readonly operations: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const idleMs = 250;
const housekeeping = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'buildInfo', 'endSessions']);

/** Counts what the driver says it sent and got: the same on any server. */
export class MongoMeter {
  #operations = 0;
  #sentBytes = 0;
  #receivedBytes = 0;

  constructor(client: MongoClient) {
    client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
      if (housekeeping.has(commandName)) return;
      this.#operations++;
      this.#sentBytes += BSON.calculateObjectSize(command);
    });
    client.on('commandSucceeded', ({ commandName, reply }: CommandSucceededEvent) => {
      if (housekeeping.has(commandName)) return;
      this.#receivedBytes += BSON.calculateObjectSize(reply as BSON.Document);
    });
  }

  /** Resolves when nothing was asked for a while. */
  async idle(): Promise<void> {
    for (let before = -1; before !== this.#operations;) {
      before = this.#operations;
      await delay(idleMs);
    }
  }

  /** What an action cost, with all that it set off and that ended before it did. */
  async during(action: () => Promise<void>): Promise<Exchange> {
    const before = [this.#operations, this.#sentBytes, this.#receivedBytes] as const;
    await action();
    return {
      operations: this.#operations - before[0],
      sentBytes: this.#sentBytes - before[1],
      receivedBytes: this.#receivedBytes - before[2],
    };
  }
}
