import { Command, Option } from 'commander';
import {
  type ConfigOptions,
  configFile,
  configOption,
  developmentOption,
  packageFolder,
} from './config-option.ts';

/** `zhashik serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server until SIGTERM; SIGHUP reloads certificates and config')
    .addOption(configOption)
    .addOption(developmentOption)
    .addOption(new Option('--log <format>', 'overrides log.format').choices(['json', 'pretty']))
    .action(async (options: ConfigOptions & { log?: 'json' | 'pretty' }) => {
      // Loaded when it is needed: the other commands do without the protocols.
      const { serve } = await import('../src/main.ts');
      process.exitCode = await serve({
        configFile: configFile(options),
        logFormat: options.log,
        developmentFolder: options.development === true ? packageFolder() : undefined,
      });
    });
}
