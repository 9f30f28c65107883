import { randomBytes } from 'node:crypto';
import type { SessionCount } from '../api.ts';
import { keysAtOnce, placesKeptMs } from './limits.ts';
import type { RedisClient, RedisLink } from './redis-link.ts';
import { sharedKey } from './shared-key.ts';

/*
 * KEYS[1]: the places of a key, a hash of process -> places. KEYS[2]: the processes, a sorted set by the end of their
 * leases. Takes the caller to have ARGV[2] places when all together are not more than ARGV[3]; the places of a process
 * without a lease are nobody's. Time is that of Redis.
 */
const enterScript = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local sum = tonumber(ARGV[2])
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= ARGV[1] then
    local ends = redis.call('ZSCORE', KEYS[2], all[i])
    if ends and tonumber(ends) > now then
      sum = sum + tonumber(all[i + 1])
    else
      redis.call('HDEL', KEYS[1], all[i])
    end
  end
end
if sum > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

/* Makes the lease of ARGV[1] longer by ARGV[2] ms. 0: it had ended, and its places may be forgotten. */
const leaseScript = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ends and tonumber(ends) > now then return 1 end
return 0`;

/**
 * Counts sessions over all processes. Redis holds, for each key, how many places each process has; a process says its
 * whole number each time, so that nothing that was lost on the way stays wrong. A process whose lease ends is dead and
 * has no places. While Redis is down each process counts its own.
 */
export class RedisSessionCount implements SessionCount {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #processes: string;
  readonly #leaseMs: number;
  readonly #me = randomBytes(9).toString('base64url');
  /** Places of this process, with those that it is asking for. */
  readonly #mine = new Map<string, number>();
  /** Keys whose number Redis may not have. */
  readonly #untold = new Set<string>();
  #allToldAt = performance.now();

  constructor(link: RedisLink, prefix: string, leaseMs: number) {
    this.#link = link;
    this.#prefix = `${prefix}:places`;
    this.#processes = `${prefix}:processes`;
    this.#leaseMs = leaseMs;
  }

  async enter(key: string, limit: number): Promise<(() => void) | undefined> {
    const mine = (this.#mine.get(key) ?? 0) + 1;
    this.#mine.set(key, mine);
    if (!(await this.#mayHave(key, mine, limit))) {
      this.#giveBack(key);
      return undefined;
    }
    let left = false;
    return () => {
      // A session that is closed from two sides at once gives one place back, not two.
      if (left) return;
      left = true;
      this.#giveBack(key);
    };
  }

  /** Takes the lease over a new connection. Fails where nothing can be written, too. */
  async begin(client: RedisClient): Promise<void> {
    await this.#renewLease(client);
    this.#allUntold();
  }

  /** To be called with each heartbeat: the lease goes on, and Redis learns what it may have missed. */
  async renew(): Promise<void> {
    const held = await this.#link.run((client) => this.#renewLease(client));
    if (!held || performance.now() - this.#allToldAt > placesKeptMs / 2) this.#allUntold();
    while (this.#untold.size > 0) {
      const keys = [...this.#untold].slice(0, keysAtOnce);
      await this.#link.run((client) => Promise.all(keys.map((key) => this.#write(client, key))));
      for (const key of keys) this.#untold.delete(key);
    }
  }

  /** Gives all places back at once. */
  async end(): Promise<void> {
    await this.#link.run((client) => client.zRem(this.#processes, this.#me)).catch(() => undefined);
  }

  async #mayHave(key: string, mine: number, limit: number): Promise<boolean> {
    const question = {
      keys: [sharedKey(this.#prefix, key), this.#processes],
      arguments: [this.#me, mine, limit, placesKeptMs].map(String),
    };
    try {
      return (await this.#link.run((client) => client.eval(enterScript, question))) === 1;
    } catch {
      this.#untold.add(key);
      return mine <= limit;
    }
  }

  #giveBack(key: string): void {
    const left = (this.#mine.get(key) ?? 1) - 1;
    if (left === 0) this.#mine.delete(key);
    else this.#mine.set(key, left);
    this.#link
      .run((client) => this.#write(client, key))
      .catch(() => {
        this.#untold.add(key);
      });
  }

  /** Says how many places of the key are ours at this moment. */
  async #write(client: RedisClient, key: string): Promise<void> {
    const name = sharedKey(this.#prefix, key);
    const mine = this.#mine.get(key);
    if (mine === undefined) await client.hDel(name, this.#me);
    else {
      await client.multi().hSet(name, this.#me, String(mine)).pExpire(name, placesKeptMs).exec();
    }
  }

  async #renewLease(client: RedisClient): Promise<boolean> {
    const question = {
      keys: [this.#processes],
      arguments: [this.#me, String(this.#leaseMs)],
    };
    return (await client.eval(leaseScript, question)) === 1;
  }

  #allUntold(): void {
    this.#allToldAt = performance.now();
    for (const key of this.#mine.keys()) this.#untold.add(key);
  }
}
