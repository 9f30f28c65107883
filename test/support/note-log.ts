import type { Log, LogFields } from '../../src/core/log.ts';

export interface NotedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines for the test to look at. */
export function noteLog(): { readonly log: Log; readonly lines: NotedLine[] } {
  const lines: NotedLine[] = [];
  const logWith = (more: LogFields): Log => {
    const write =
      (level: NotedLine['level']) =>
      (event: string, fields: LogFields = {}): void => {
        lines.push({ level, event, fields: { ...more, ...fields } });
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (fields) => logWith({ ...more, ...fields }),
    };
  };
  return { log: logWith({}), lines };
}
