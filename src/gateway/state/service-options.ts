/** A place in the answer: a JSON pointer (RFC 6901), or the names of XML elements, `@name` for an attribute at the end. */
export type Place = string;

/** A place, and what is said there in our words. */
export interface Choice<Value extends string> {
  readonly at: Place;
  readonly values: Readonly<Record<string, Value>>;
}

export interface NamePlaces {
  readonly surname: Place;
  readonly given: Place;
  readonly patronymic?: Place | undefined;
}

/** A place that the configuration leaves out is undefined. */
export type Unset<Places> = { readonly [Name in keyof Places]?: Places[Name] | undefined };

export interface AddressPlaces {
  readonly text: Place;
  readonly postcode?: Place | undefined;
}

export type Outcome = Choice<'found' | 'absent'>;

export interface PersonPlaces extends NamePlaces {
  readonly outcome: Outcome;
  readonly iin: Place;
  readonly status: Choice<'alive' | 'dead'>;
  readonly document?:
    | {
        readonly type: Place;
        readonly number: Place;
        readonly issuer: Place;
        readonly issuedOn: Place;
        readonly validUntil?: Place | undefined;
      }
    | undefined;
  readonly address?: AddressPlaces | undefined;
}

export interface EntityPlaces {
  readonly outcome: Outcome;
  readonly bin: Place;
  readonly nameKk: Place;
  readonly nameRu: Place;
  readonly status: Choice<'active' | 'inLiquidation' | 'liquidated'>;
  readonly headIin: Place;
  readonly certificate?:
    { readonly number: Place; readonly issuedOn: Place; readonly issuedBy: Place } | undefined;
  readonly legalAddress?: AddressPlaces | undefined;
}

export interface EventPlaces extends Unset<NamePlaces> {
  /** Where the events are; the other places begin at one of them. */
  readonly items: Place;
  readonly cursor: Place;
  readonly at: Place;
  readonly kind: Choice<
    'death' | 'death-cancelled' | 'name' | 'liquidation-begun' | 'liquidated' | 'head' | 'ignored'
  >;
  readonly iin?: Place | undefined;
  readonly bin?: Place | undefined;
  readonly headIin?: Place | undefined;
}

export type StateFormat = 'json' | 'xml';

/** One integration with a service of the state, as the configuration has it; files are read. */
export interface ServiceOptions<Places> {
  readonly url: string;
  /** The number of the agreement on it. */
  readonly agreement: string;
  readonly legalBasis: string;
  readonly format: StateFormat;
  readonly contentType?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent, with `{{name}}` for values. */
  readonly template: string;
  readonly answer: Places;
  /** PEM: whom we trust, and who we are. */
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
      }
    | undefined;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly pauseMs: number;
  readonly failuresToRest: number;
  readonly restMs: number;
  readonly answerBytes: number;
}
