/** A person as the simulated database of individuals has it. */
export interface SimulatedPerson {
  readonly iin: string;
  readonly surname: string;
  readonly name: string;
  readonly patronymic?: string;
  readonly lifeStatus?: 'ALIVE' | 'DEAD';
  readonly document?: {
    readonly type: string;
    readonly number: string;
    readonly issuedBy: string;
    readonly issuedOn: string;
    readonly validUntil?: string;
  };
  readonly address?: { readonly text: string; readonly postcode?: string };
}

/** An entity as the simulated database of legal entities has it. */
export interface SimulatedEntity {
  readonly bin: string;
  readonly nameKk: string;
  readonly nameRu: string;
  readonly status?: 'ACTIVE' | 'IN_LIQUIDATION' | 'LIQUIDATED';
  readonly headIin: string;
  readonly certificate?: {
    readonly number: string;
    readonly issuedOn: string;
    readonly issuedBy: string;
  };
  readonly address?: { readonly text: string; readonly postcode?: string };
}

/** An event of the simulated feed. */
export interface SimulatedEvent {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly iin?: string;
  readonly bin?: string;
  readonly surname?: string;
  readonly name?: string;
  readonly patronymic?: string;
  readonly headIin?: string;
}
