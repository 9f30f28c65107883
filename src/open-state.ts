import { readFile } from 'node:fs/promises';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/loader.ts';
import { signCms } from './eds/sign/sign-cms.ts';
import type { Signer } from './eds/sign/signer.ts';
import { HttpStateRegistry, type StateRegistryTools } from './gateway/state/http-state-registry.ts';
import type { ServiceOptions } from './gateway/state/service-options.ts';

export interface StateSurroundings extends Omit<StateRegistryTools, 'signRequest'> {
  /** Signs requests where the config has a header field for that. */
  readonly operator: Signer | undefined;
}

/** The state databases of the config; undefined when it names none. Rejects with `ConfigError`. */
export async function openState(
  config: Config,
  surroundings: StateSurroundings,
): Promise<HttpStateRegistry | undefined> {
  const { state, testIdentifiers } = config.gateway;
  if (state === undefined) return undefined;
  const { operator, ...tools } = surroundings;
  const { signatureHeader } = state;
  const service = <Service extends ServiceFiles>(
    name: string,
    settings: Service,
  ): Promise<Service & Pick<ServiceOptions<unknown>, 'tls'>> => withFiles(config, name, settings);
  const options = {
    persons: await service('persons', state.persons),
    entities: await service('entities', state.entities),
    events: state.events && (await service('events', state.events)),
    testIdentifiers: new Set(testIdentifiers),
  };
  const signRequest =
    operator === undefined || signatureHeader === undefined
      ? undefined
      : async (body: Uint8Array) => ({
          body,
          headers: { [signatureHeader]: await detached(operator, body, tools.clock.now()) },
        });
  try {
    return new HttpStateRegistry(options, { ...tools, signRequest });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrong(config, 'gateway.state', error.message, error);
  }
}

/** CAdES-BES of the octets that are sent, without them: base64 in one line. */
async function detached(operator: Signer, content: Uint8Array, signedAt: number): Promise<string> {
  const cms = await signCms({ content, detached: true, signers: [operator], signedAt });
  return cms.toString('base64');
}

interface ServiceFiles {
  readonly authority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

async function withFiles<Service extends ServiceFiles>(
  config: Config,
  name: string,
  settings: Service,
): Promise<Service & Pick<ServiceOptions<unknown>, 'tls'>> {
  const read = async (setting: keyof ServiceFiles): Promise<string | undefined> => {
    const file = settings[setting];
    if (file === undefined) return undefined;
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw wrong(config, `gateway.state.${name}.${setting}`, `${file}: ${reason}`, error);
    }
  };
  const [ca, cert, key] = [await read('authority'), await read('certificate'), await read('key')];
  return { ...settings, tls: { ca, cert, key } };
}

function wrong(config: Config, path: string, message: string, cause: unknown): ConfigError {
  return new ConfigError(config.file, [{ path, message, line: undefined }], { cause });
}
