import type {
  EntityPlaces,
  EventPlaces,
  PersonPlaces,
  ServiceOptions,
  StateFormat,
} from './service-options.ts';

export interface SimulatedServices {
  readonly persons: ServiceOptions<PersonPlaces>;
  readonly entities: ServiceOptions<EntityPlaces>;
  readonly events: ServiceOptions<EventPlaces>;
}

type Patience = Pick<
  ServiceOptions<unknown>,
  'timeoutMs' | 'attempts' | 'pauseMs' | 'failuresToRest' | 'restMs' | 'answerBytes'
>;

const patience: Patience = {
  timeoutMs: 10_000,
  attempts: 3,
  pauseMs: 1000,
  failuresToRest: 5,
  restMs: 30_000,
  answerBytes: 2 ** 20,
};

/** Settings that go with `StateSimulator` at an address, in one of its formats. */
export function simulatedServices(
  url: string,
  format: StateFormat,
  change: Partial<Patience & Pick<ServiceOptions<unknown>, 'tls'>> = {},
): SimulatedServices {
  const service = <Places>(
    path: string,
    values: Readonly<Record<string, string>>,
    answer: Places,
  ): ServiceOptions<Places> => ({
    ...patience,
    url: `${url}/${format}/${path}`,
    agreement: 'SIM-1',
    legalBasis: 'Ереже, 13-тармақ',
    format,
    headers: format === 'xml' ? { SOAPAction: `"${path}"` } : {},
    template: template(format, values),
    answer,
    ...change,
  });
  const top = format === 'json' ? '' : '/Envelope/Body/response';
  const outcome = {
    at: `${top}/code`,
    values: { FOUND: 'found', NOT_FOUND: 'absent' },
  } as const;
  return {
    persons: service('persons', { iin: '{{iin}}' }, personPlaces(`${top}/person`, outcome)),
    entities: service('entities', { bin: '{{bin}}' }, entityPlaces(`${top}/entity`, outcome)),
    events: service('events', { after: '{{after}}', limit: '{{limit}}' }, eventPlaces(top)),
  };
}

function template(format: StateFormat, own: Readonly<Record<string, string>>): string {
  const values = {
    requestId: '{{requestId}}',
    time: '{{time}}',
    purpose: '{{purpose}}',
    legalBasis: '{{legalBasis}}',
    agreement: '{{agreement}}',
    ...own,
  };
  if (format === 'json') return JSON.stringify(values);
  const elements = Object.entries(values).map(([name, value]) => `<q:${name}>${value}</q:${name}>`);
  return [
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"',
    ' xmlns:q="urn:zhashik:state-simulator"><s:Body><q:request>',
    ...elements,
    '</q:request></s:Body></s:Envelope>',
  ].join('');
}

function personPlaces(at: string, outcome: PersonPlaces['outcome']): PersonPlaces {
  return {
    outcome,
    iin: `${at}/iin`,
    surname: `${at}/surname`,
    given: `${at}/name`,
    patronymic: `${at}/patronymic`,
    status: { at: `${at}/lifeStatus/code`, values: { ALIVE: 'alive', DEAD: 'dead' } },
    document: {
      type: `${at}/document/type`,
      number: `${at}/document/number`,
      issuer: `${at}/document/issuedBy`,
      issuedOn: `${at}/document/issuedOn`,
      validUntil: `${at}/document/validUntil`,
    },
    address: { text: `${at}/address/text`, postcode: `${at}/address/postcode` },
  };
}

function entityPlaces(at: string, outcome: EntityPlaces['outcome']): EntityPlaces {
  return {
    outcome,
    bin: `${at}/bin`,
    nameKk: `${at}/nameKk`,
    nameRu: `${at}/nameRu`,
    status: {
      at: `${at}/status/code`,
      values: { ACTIVE: 'active', IN_LIQUIDATION: 'inLiquidation', LIQUIDATED: 'liquidated' },
    },
    headIin: `${at}/headIin`,
    certificate: {
      number: `${at}/certificate/number`,
      issuedOn: `${at}/certificate/issuedOn`,
      issuedBy: `${at}/certificate/issuedBy`,
    },
    legalAddress: { text: `${at}/address/text`, postcode: `${at}/address/postcode` },
  };
}

function eventPlaces(top: string): EventPlaces {
  return {
    items: `${top}/events`,
    cursor: '/id',
    at: '/time',
    kind: {
      at: '/type',
      values: {
        DEATH: 'death',
        DEATH_CANCELLED: 'death-cancelled',
        NAME: 'name',
        IN_LIQUIDATION: 'liquidation-begun',
        LIQUIDATED: 'liquidated',
        HEAD: 'head',
        ADDRESS: 'ignored',
      },
    },
    iin: '/iin',
    bin: '/bin',
    surname: '/surname',
    given: '/name',
    patronymic: '/patronymic',
    headIin: '/headIin',
  };
}
