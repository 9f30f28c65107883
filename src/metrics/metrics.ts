import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Metrics as they are shown. */
export interface Rendered {
  readonly type: string;
  readonly text: string;
}

/**
 * What the operator watches, as Prometheus sees it. Each family has a bounded set of labels: no account, no address,
 * no mailbox is ever one.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sessions = new Map<string, () => number>();
  readonly #connectionsTotal: Counter<'listener' | 'outcome'>;
  readonly #commands: Counter<'protocol' | 'command' | 'outcome'>;
  readonly #logins: Counter<'protocol' | 'outcome'>;
  readonly #deliveries: Counter<'outcome'>;
  readonly #relayed: Counter<'outcome'>;
  readonly #acceptSeconds: Histogram;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'zhashik_' });
    const sessions = this.#sessions;
    new Gauge({
      name: 'zhashik_sessions',
      help: 'Sessions of clients open now',
      labelNames: ['listener'],
      registers,
      collect() {
        for (const [listener, count] of sessions) this.set({ listener }, count());
      },
    });
    this.#connectionsTotal = new Counter({
      name: 'zhashik_connections_total',
      help: 'Connections taken or turned away',
      labelNames: ['listener', 'outcome'],
      registers,
    });
    this.#commands = new Counter({
      name: 'zhashik_commands_total',
      help: 'Commands answered',
      labelNames: ['protocol', 'command', 'outcome'],
      registers,
    });
    this.#logins = new Counter({
      name: 'zhashik_logins_total',
      help: 'Login attempts decided',
      labelNames: ['protocol', 'outcome'],
      registers,
    });
    this.#deliveries = new Counter({
      name: 'zhashik_deliveries_total',
      help: 'Recipients of accepted letters, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#relayed = new Counter({
      name: 'zhashik_relay_recipients_total',
      help: 'Recipients elsewhere, by what the relay host said',
      labelNames: ['outcome'],
      registers,
    });
    this.#acceptSeconds = new Histogram({
      name: 'zhashik_store_accept_seconds',
      help: 'Time until a received letter is durable for all its recipients',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    });
  }

  /** `count` is asked at each scrape. */
  sessions(listener: string, count: () => number): void {
    this.#sessions.set(listener, count);
  }

  connectionOpened(listener: string): void {
    this.#connectionsTotal.inc({ listener, outcome: 'taken' });
  }

  connectionClosed(): void {
    // How many are open is asked of the listener.
  }

  connectionRefused(listener: string): void {
    this.#connectionsTotal.inc({ listener, outcome: 'refused' });
  }

  /** `command` is a name of ours, never what the client sent. */
  command(protocol: string, command: string, outcome: string): void {
    this.#commands.inc({ protocol, command, outcome });
  }

  login(protocol: string, outcome: string): void {
    this.#logins.inc({ protocol, outcome });
  }

  delivery(outcome: string): void {
    this.#deliveries.inc({ outcome });
  }

  relayOutcome(outcome: string): void {
    this.#relayed.inc({ outcome });
  }

  storeAccept(seconds: number): void {
    this.#acceptSeconds.observe(seconds);
  }

  /**
   * A value that is asked for at each scrape, such as the length of a queue. `together`: what all workers have, when
   * each of them says the same value or a part of it.
   */
  gauge(
    name: string,
    help: string,
    read: () => number | Promise<number>,
    together: 'sum' | 'min' | 'max',
  ): void {
    new Gauge({
      name,
      help,
      aggregator: together,
      registers: [this.#registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** What is to be shown together with the metrics of others, see `metricsTogether`. */
  values(): Promise<readonly object[]> {
    return this.#registry.getMetricsAsJSON();
  }

  /** The exposition text and its media type. */
  async render(): Promise<Rendered> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
