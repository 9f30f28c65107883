import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { type Config, loadConfig } from '../src/config/loader.ts';
import { CommandFailure } from './command-failure.ts';

export interface ConfigOptions {
  readonly config?: string;
  readonly development?: boolean;
}

const systemFile = '/etc/zhashik/zhashik.yaml';

export const configOption = new Option(
  '-c, --config <file>',
  `config file; $ZHASHIK_CONFIG or ${systemFile} when left out`,
);
export const developmentOption = new Option(
  '--development',
  'the development profile, config/development.yaml',
).conflicts('config');

/** The folder of package.json: where the development profile is, from the sources and from dist alike. */
export function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The config file that the command line, the environment or the system names. */
export function configFile(options: ConfigOptions): string {
  if (options.development === true) return join(packageFolder(), 'config', 'development.yaml');
  const named = options.config ?? process.env['ZHASHIK_CONFIG'];
  if (named !== undefined && named !== '') return named;
  if (existsSync(systemFile)) return systemFile;
  throw new CommandFailure('usage', `name a config file with --config, or use --development`);
}

export function loadChosenConfig(options: ConfigOptions): Promise<Config> {
  return loadConfig(configFile(options));
}
