import type { AdminContext } from './admin-context.ts';
import {
  type AdminPort,
  type InputOf,
  type OperationName,
  type ProgressOf,
  type ResultOf,
  runOperation,
} from './operations.ts';

/** Carries operations out in this process. */
export class LocalAdmin implements AdminPort {
  readonly #context: AdminContext;
  readonly #close: () => Promise<void>;

  constructor(context: AdminContext, close: () => Promise<void>) {
    this.#context = context;
    this.#close = close;
  }

  async *call<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    items: AsyncIterable<unknown> = nothing(),
  ): AsyncGenerator<ProgressOf<Name>, ResultOf<Name>, void> {
    const running = runOperation(this.#context, name, input, items);
    return yield* running as AsyncGenerator<ProgressOf<Name>, ResultOf<Name>, void>;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

async function* nothing(): AsyncGenerator<never, void, void> {
  // An operation that asks for items gets none.
}
