import { Command, InvalidArgumentError, Option } from 'commander';
import { mostWorkers } from '../src/workers/limits.ts';
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
    .addOption(
      new Option('--workers <number>', 'processes that serve, for a store that many may have')
        .argParser(workerCount)
        .default(1),
    )
    .action(async (options: ConfigOptions & { log?: 'json' | 'pretty'; workers: number }) => {
      // Loaded when it is needed: the other commands do without the protocols.
      const { serve } = await import('../src/main.ts');
      process.exitCode = await serve({
        configFile: configFile(options),
        workers: options.workers,
        logFormat: options.log,
        developmentFolder: options.development === true ? packageFolder() : undefined,
      });
    });
}

function workerCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= mostWorkers) return count;
  throw new InvalidArgumentError(`expected a number from 1 to ${mostWorkers}`);
}
