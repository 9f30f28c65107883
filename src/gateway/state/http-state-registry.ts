import type {
  IgnoredStateEvent,
  StateAnswer,
  StateEntity,
  StateEvent,
  StatePerson,
  StateQuery,
  StateRegistry,
} from '../api.ts';
import type { TestIdentifiers } from '../identifiers/test-identifiers.ts';
import type { Bin, Iin } from '../identifiers/values.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import { readEvents } from './read-events.ts';
import { readEntity } from './read-entity.ts';
import { readPerson } from './read-person.ts';
import type { EntityPlaces, EventPlaces, PersonPlaces, ServiceOptions } from './service-options.ts';
import { StateService, type StateTools } from './state-service.ts';

export interface StateOptions {
  readonly persons: ServiceOptions<PersonPlaces>;
  readonly entities: ServiceOptions<EntityPlaces>;
  /** Without it the state tells us nothing by itself. */
  readonly events?: ServiceOptions<EventPlaces> | undefined;
  readonly testIdentifiers: TestIdentifiers;
}

export interface StateRegistryTools extends StateTools {
  /** Hides in the audit log whom a question was about. */
  readonly vault: Pick<IdentityVault, 'key'>;
}

/** The state databases over HTTP, each with messages as its configuration says. */
export class HttpStateRegistry implements StateRegistry {
  readonly #persons: StateService<PersonPlaces>;
  readonly #entities: StateService<EntityPlaces>;
  readonly #events: StateService<EventPlaces> | undefined;
  readonly #testIdentifiers: TestIdentifiers;
  readonly #vault: Pick<IdentityVault, 'key'>;

  /** Throws `RangeError` when a template, filled in, is not of its format. */
  constructor(options: StateOptions, tools: StateRegistryTools) {
    const { persons, entities, events } = options;
    this.#persons = new StateService('persons', persons, tools);
    this.#entities = new StateService('entities', entities, tools);
    this.#events = events && new StateService('events', events, tools);
    this.#testIdentifiers = options.testIdentifiers;
    this.#vault = tools.vault;
  }

  person(iin: Iin, query: StateQuery): Promise<StateAnswer<StatePerson>> {
    const subject = this.#vault.key({ type: 'individual', iin });
    return this.#persons.ask({ query, subject, values: { iin } }, (answer) =>
      readPerson(answer, this.#persons.places, iin),
    );
  }

  entity(bin: Bin, query: StateQuery): Promise<StateAnswer<StateEntity>> {
    const subject = this.#vault.key({ type: 'legalEntity', bin });
    return this.#entities.ask({ query, subject, values: { bin } }, (answer) =>
      readEntity(answer, this.#entities.places, bin, this.#testIdentifiers),
    );
  }

  async events(
    after: string | undefined,
    limit: number,
  ): Promise<readonly (StateEvent | IgnoredStateEvent)[]> {
    const service = this.#events;
    if (service === undefined) return [];
    const query: StateQuery = { purpose: 'events', actor: 'server', reference: after ?? '' };
    const values = { after: after ?? '', limit: String(limit) };
    const { found } = await service.ask({ query, subject: undefined, values }, (answer) =>
      readEvents(answer, service.places, after, limit, this.#testIdentifiers),
    );
    return found;
  }

  close(): void {
    this.#persons.close();
    this.#entities.close();
    this.#events?.close();
  }
}
