import type { Command, CommandContext } from '../command.ts';
import { ConnectionLost } from '../connection.ts';
import { bad, ok } from '../response.ts';

/** A line that should be DONE. */
const lineBytes = 64;

/** IDLE: what happens is told as it happens, until DONE. RFC 9051 §6.3.13. */
export const idle: Command<undefined> = {
  name: 'IDLE',
  state: 'authenticated',
  allowExpunge: true,

  parse: () => undefined,

  async run(ctx) {
    const { account, connection, out, store } = ctx;
    const news = new News(ctx);
    const unwatch = store.watch(account.id, () => {
      news.soon();
    });
    // Routers on the way forget connections that are quiet for some minutes.
    const keepAlive = setInterval(() => {
      out.untagged('OK Still here');
      out.send();
      news.look();
    }, connection.timeouts.idleKeepAliveMs);
    let line: Buffer;
    try {
      const asked = connection.ask('idling', lineBytes);
      news.look();
      line = await asked;
    } finally {
      clearInterval(keepAlive);
      unwatch();
      await news.stop();
    }
    if (line.toString('latin1').toUpperCase() !== 'DONE') return bad('Expected DONE');
    return ok('IDLE completed');
  },
};

/** Tells the client what is new: one telling at a time, however fast changes come. */
class News {
  readonly #ctx: CommandContext;
  #scheduled: NodeJS.Immediate | undefined;
  #telling: Promise<void> | undefined;
  #again = false;
  /** News of other processes, whose hints may be lost, are asked for. */
  #looking = false;

  constructor(ctx: CommandContext) {
    this.#ctx = ctx;
  }

  /** Asks for what other processes did, and tells it. */
  look(): void {
    this.#looking = true;
    this.soon();
  }

  /** Changes of one turn of the event loop are told together. */
  soon(): void {
    if (this.#telling !== undefined) this.#again = true;
    else
      this.#scheduled ??= setImmediate(() => {
        this.#scheduled = undefined;
        this.#tell();
      });
  }

  /** Resolves when nothing is being told any more. */
  async stop(): Promise<void> {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#again = false;
    await this.#telling;
  }

  #tell(): void {
    this.#again = false;
    this.#telling = this.#write()
      .catch((error: unknown) => {
        // The client went, or was cut off because it read nothing: the command hears of it by its own way.
        if (error instanceof ConnectionLost) return;
        this.#ctx.log.error('idle-failed', { err: error });
        this.#ctx.connection.hangUp('Internal error');
      })
      .finally(() => {
        this.#telling = undefined;
        if (this.#again) this.soon();
      });
  }

  async #write(): Promise<void> {
    const { connection, out, state } = this.#ctx;
    const { selected } = state;
    if (selected === undefined) return;
    if (this.#looking) {
      this.#looking = false;
      await selected.lookAsOf(performance.now());
    }
    if (selected.gone) {
      connection.hangUp('The selected mailbox was deleted');
      return;
    }
    await selected.sync(out, { expunge: true });
    out.send();
    // A client that does not read is told no more until it does.
    await out.flush();
  }
}
