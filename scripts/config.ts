import { Command } from 'commander';
import { describeSettings, settingsAsMarkdown, settingsAsText } from '../src/config/describe.ts';
import {
  type ConfigOptions,
  configFile,
  configOption,
  developmentOption,
  loadChosenConfig,
} from './config-option.ts';
import { print, printJson } from './print.ts';

/** `zhashik config …` */
export function configCommand(): Command {
  const config = new Command('config').description('check and explain the config file');
  config
    .command('check')
    .description('say what is wrong with a config file')
    .addOption(configOption)
    .addOption(developmentOption)
    .option('--json', 'print the settings in force, with defaults; secrets are hidden')
    .action(check);
  config
    .command('describe')
    .description('every setting with its type, its default and what it does')
    .option('--markdown', 'as a document')
    .option('--json', 'for programs')
    .action((options: { markdown?: boolean; json?: boolean }) => {
      if (options.json === true) printJson(describeSettings());
      else
        process.stdout.write(options.markdown === true ? settingsAsMarkdown() : settingsAsText());
    });
  return config;
}

async function check(options: ConfigOptions & { json?: boolean }): Promise<void> {
  const config = await loadChosenConfig(options);
  if (options.json === true) printJson(config);
  else print(`${configFile(options)}: good`);
}
