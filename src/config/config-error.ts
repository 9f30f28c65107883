/** One thing that is wrong with a config file. */
export interface ConfigProblem {
  /** `listeners.imap.port`; '' for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** 1-based; undefined for what is missing. */
  readonly line: number | undefined;
}

/** A config file that cannot be used. The message names each problem with its place. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map(({ path, message, line }) => {
      const place = line === undefined ? file : `${file}:${line}`;
      return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
    });
    super(lines.join('\n'), options);
    this.problems = problems;
  }
}
