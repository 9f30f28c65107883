import * as z from 'zod';
import { bytes, duration, path } from './setting-types.ts';

/*
 * The databases of the state, which we ask over HTTP. Their messages are given under an agreement only, so that what we
 * send and what we read is set here: a template with `{{name}}`, and places in the answer.
 */

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

const place = z.string().regex(/^(?:\/[^/\s]+)+$/, {
  error: 'expected a place in the answer such as /Envelope/Body/person/surname',
});

function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return {
    at: place.describe('Where it is said.'),
    values: z
      .record(z.string().max(100), z.enum(values))
      .describe(`What is said there, and what it means: ${values.join(', ')}.`),
  };
}

const outcome = z
  .strictObject(choice(['found', 'absent']))
  .describe('Whether there is such a person or entity.');

const name = {
  surname: place.describe('The surname.'),
  given: place.describe('The given name.'),
  patronymic: place.optional().describe('The patronymic.'),
};

const address = {
  text: place.describe('The address as a text.'),
  postcode: place.optional().describe('The postcode.'),
};

function template(placeholders: readonly string[]) {
  const known = ['requestId', 'time', 'purpose', 'actor', 'reference', 'legalBasis', 'agreement'];
  const all = [...known, ...placeholders];
  return z
    .string()
    .min(1)
    .max(64 * 1024)
    .refine(
      (text) =>
        [...text.matchAll(/\{\{(.*?)\}\}/gs)].every(([, inner]) => all.includes(inner ?? '')),
      { error: `expected only these placeholders: ${all.join(', ')}` },
    )
    .describe(`What is sent, with {{name}} of: ${all.join(', ')}.`);
}

function service<Answer extends z.ZodType>(placeholders: readonly string[], answer: Answer) {
  return {
    url: z
      .url({ protocol: /^https?$/, error: 'expected an address such as https://gbd.example.kz/fl' })
      .describe('Where requests are sent, by POST.'),
    cleartext: z
      .boolean()
      .default(false)
      .describe('Whether the address may be http outside of this machine: in a closed network.'),
    agreement: z.string().min(1).describe('The number of the agreement on this integration.'),
    legalBasis: z.string().min(1).describe('The law that allows to ask, as the request says it.'),
    format: z.enum(['json', 'xml']).describe('What is sent and answered.'),
    contentType: z
      .string()
      .regex(/^[ -~]+$/)
      .optional()
      .describe('Content-Type of the request; by the format when left out.'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().regex(/^[ -~]*$/))
      .default({})
      .describe('More header fields of the request, such as SOAPAction.'),
    template: template(placeholders),
    answer,
    authority: path
      .optional()
      .describe('PEM file: the authority of its certificate, when that is not a public one.'),
    certificate: path.optional().describe('PEM file: our certificate for TLS.'),
    key: path.optional().describe('PEM file: its private key.'),
    timeoutMs: duration(10, 10 * minute)
      .default(10 * second)
      .describe('How long one attempt may take, to the last octet.'),
    attempts: z.int().min(1).max(10).default(3).describe('How often one question is asked in all.'),
    pauseMs: duration(0, 10 * minute)
      .default(second)
      .describe('The pause before the second attempt, to a half by chance; it doubles with each.'),
    failuresToRest: z
      .int()
      .min(1)
      .default(5)
      .describe('Failed attempts in a row after which it is not asked for a while.'),
    restMs: duration(10, day)
      .default(30 * second)
      .describe('How long it is not asked then; one attempt afterwards decides.'),
    answerBytes: bytes(1024, 64 * 2 ** 20)
      .default(2 ** 20)
      .describe('The largest answer.'),
  };
}

const safe = [
  {
    check: (one: { url: string; cleartext: boolean }): boolean =>
      one.cleartext || /^(?:https:|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/])/.test(one.url),
    error: 'expected https; cleartext: true allows http in a closed network',
  },
  {
    check: (one: { certificate?: string | undefined; key?: string | undefined }): boolean =>
      (one.certificate === undefined) === (one.key === undefined),
    error: 'certificate and key are given together or not at all',
  },
] as const;

const persons = z
  .strictObject(
    service(
      ['iin'],
      z
        .strictObject({
          outcome,
          iin: place.describe('The IIN: another one than was asked for is no answer.'),
          ...name,
          status: z.strictObject(choice(['alive', 'dead'])).describe('Whether the person lives.'),
          document: z
            .strictObject({
              type: place.describe('What document it is.'),
              number: place.describe('Its number.'),
              issuer: place.describe('Who issued it.'),
              issuedOn: place.describe('When it was issued.'),
              validUntil: place.optional().describe('Until when it is valid.'),
            })
            .optional()
            .describe('The identity document; left out where the answer has not all of it.'),
          address: z.strictObject(address).optional().describe('Where the person is registered.'),
        })
        .describe('Where the answer says what.'),
    ),
  )
  .refine(safe[0].check, { error: safe[0].error, path: ['url'] })
  .refine(safe[1].check, { error: safe[1].error, path: ['key'] })
  .describe('The database of individuals (GBD FL).');

const entities = z
  .strictObject(
    service(
      ['bin'],
      z
        .strictObject({
          outcome,
          bin: place.describe('The BIN: another one than was asked for is no answer.'),
          nameKk: place.describe('The name in Kazakh.'),
          nameRu: place.describe('The name in Russian.'),
          status: z
            .strictObject(choice(['active', 'inLiquidation', 'liquidated']))
            .describe('Whether the entity exists.'),
          headIin: place.describe('The IIN of the first head.'),
          certificate: z
            .strictObject({
              number: place.describe('Its number.'),
              issuedOn: place.describe('When it was issued.'),
              issuedBy: place.describe('Who issued it.'),
            })
            .optional()
            .describe('The certificate of registration; left out where the answer has not all.'),
          legalAddress: z.strictObject(address).optional().describe('The legal address.'),
        })
        .describe('Where the answer says what.'),
    ),
  )
  .refine(safe[0].check, { error: safe[0].error, path: ['url'] })
  .refine(safe[1].check, { error: safe[1].error, path: ['key'] })
  .describe('The database of legal entities (GBD UL).');

const events = z
  .strictObject({
    ...service(
      ['after', 'limit'],
      z
        .strictObject({
          items: place.describe(
            'Where the events are, oldest first; the other places start at one.',
          ),
          cursor: place.describe('Its place in the feed.'),
          at: place.describe('When it happened, RFC 3339.'),
          kind: z
            .strictObject(
              choice([
                'death',
                'death-cancelled',
                'name',
                'liquidation-begun',
                'liquidated',
                'head',
                'ignored',
              ]),
            )
            .describe('What happened.'),
          iin: place.optional().describe('Whom it is about.'),
          bin: place.optional().describe('What entity it is about.'),
          surname: name.surname.optional(),
          given: name.given.optional(),
          patronymic: name.patronymic,
          headIin: place.optional().describe('The IIN of the new head.'),
        })
        .describe('Where the answer says what.'),
    ),
    everyMs: duration(minute, day).default(day).describe('How often the feed is read.'),
  })
  .refine(safe[0].check, { error: safe[0].error, path: ['url'] })
  .refine(safe[1].check, { error: safe[1].error, path: ['key'] })
  .describe('The feed of deaths, new names, liquidations and new heads.');

/** The databases of individuals and legal entities. */
export const state = z
  .strictObject({
    signatureHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/)
      .optional()
      .describe(
        'The header field for a signature of the request with `gateway.operatorKey`: a detached CMS, base64; none when left out.',
      ),
    persons,
    entities,
    events: events.optional(),
  })
  .describe('The state databases that confirm who somebody is.');
