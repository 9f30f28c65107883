import * as z from 'zod';
import { path } from './setting-types.ts';
import { state } from './state-settings.ts';

/** Who may have a mailbox, and how the server knows. */
export const gateway = z
  .strictObject({
    identityKeyFile: path
      .optional()
      .describe(
        'The secrets that identity numbers are hidden with; `identity.key` in the data folder, made at the first start, when left out.',
      ),
    testIdentifiers: z
      .array(z.string().regex(/^[0-9]{12}$/, { error: 'expected twelve digits' }))
      .max(100)
      .default([])
      .describe(
        'IIN and BIN of test keys that count although their check digit is wrong; none where real people are served.',
      ),
    state: state.optional(),
  })
  .prefault({})
  .describe('Who may have a mailbox: identity numbers, applications, the unified base.');

type ParsedGateway = z.output<typeof gateway>;

/** The settings with absolute paths. */
export function completeGateway(
  parsed: ParsedGateway,
  absolute: (path: string) => string,
): ParsedGateway {
  const { identityKeyFile, state: databases } = parsed;
  const files = <Service extends ServiceFiles>(service: Service): Service => ({
    ...service,
    authority: service.authority && absolute(service.authority),
    certificate: service.certificate && absolute(service.certificate),
    key: service.key && absolute(service.key),
  });
  return {
    ...parsed,
    identityKeyFile: identityKeyFile && absolute(identityKeyFile),
    state: databases && {
      persons: files(databases.persons),
      entities: files(databases.entities),
      events: databases.events && files(databases.events),
    },
  };
}

interface ServiceFiles {
  readonly authority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}
