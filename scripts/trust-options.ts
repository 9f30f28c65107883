import { type Command, Option } from 'commander';
import { trustFolderOf } from '../src/admin/trust-store.ts';
import {
  type EdsTrustInput,
  noOnlineSources,
  type OnlineSources,
} from '../src/admin/verify-eds.ts';
import { composeEds } from '../src/compose-eds.ts';
import { systemClock } from '../src/core/clock.ts';
import {
  type ConfigOptions,
  configOption,
  developmentOption,
  loadChosenConfig,
} from './config-option.ts';
import { parseTime } from './undelete-values.ts';

export const profileOption = new Option('--profile <profile>', 'whose roots are trusted')
  .choices(['production', 'test'])
  .default('production');

/** What a command line says of trust and statuses, for whatever verifies signatures. */
export interface TrustOptions extends ConfigOptions {
  readonly at?: number;
  readonly trust: readonly string[];
  readonly crl: readonly string[];
  readonly ocsp: readonly string[];
  readonly revocation: 'required' | 'none';
  readonly profile: 'production' | 'test';
  readonly online?: boolean;
}

/** Adds them to a command. */
export function addTrustOptions(command: Command): Command {
  return command
    .option('--at <time>', 'verify as of then, such as 2026-09-01T10:00:00Z', parseTime)
    .option(
      '--trust <path>',
      'a trust store, or certificates; the configured store when left out',
      collect,
      [],
    )
    .option('--crl <file>', 'a list of revoked certificates', collect, [])
    .option('--ocsp <file>', 'an OCSP answer', collect, [])
    .option('--online', 'ask the configured services for what the files do not tell')
    .addOption(
      new Option('--revocation <need>', 'whether the status of the certificate must be known')
        .choices(['required', 'none'])
        .default('required'),
    )
    .addOption(profileOption)
    .addOption(configOption)
    .addOption(developmentOption);
}

/** As the verification takes them. The config is read only where something of it is needed. */
export async function readTrustOptions(options: TrustOptions): Promise<{
  readonly trust: Omit<EdsTrustInput, 'owner'>;
  readonly online: OnlineSources;
}> {
  const { at = systemClock.now(), crl: crls, ocsp, revocation, profile } = options;
  const rest = { at, crls, ocsp, revocation, profile };
  if (options.trust.length > 0 && options.online !== true) {
    return { trust: { ...rest, trust: options.trust }, online: noOnlineSources };
  }
  const config = await loadChosenConfig(options);
  const store = [trustFolderOf(config.data.folder, profile)];
  return {
    trust: { ...rest, trust: options.trust.length > 0 ? options.trust : store },
    online:
      options.online === true
        ? (verifier, trust) => composeEds(config, verifier, trust)
        : noOnlineSources,
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
