import { play, type PlayOptions } from '../support/play.ts';

/** Plays a script whose sessions (two of them when `S2` is in it, and so on) have INBOX selected. */
export function playInInbox(
  port: number,
  script: string,
  options: { readonly enable?: string; readonly select?: string } & PlayOptions = {},
): Promise<readonly string[]> {
  const sessions = [
    ...new Set(script.match(/^\s*[CS]\d/gm)?.map((start) => start.trim().slice(1))),
  ];
  const begin = sessions.map((n) => {
    const enable =
      options.enable === undefined
        ? ''
        : `C${n}: e${n} ENABLE ${options.enable}\nS${n}: ...\nS${n}: e${n} OK ...\n`;
    const select = options.select ?? 'SELECT INBOX';
    return `S${n}: * PREAUTH ...\n${enable}C${n}: s${n} ${select}\nS${n}: ...\nS${n}: s${n} OK ...\n`;
  });
  return play(port, begin.join('') + script, options);
}
