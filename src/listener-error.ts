/** A listener that cannot be started; the message names the setting that moves it. */
export class ListenerError extends Error {
  override readonly name = 'ListenerError';
}

/** Says what is wrong with a place to listen on; other errors as they are. `setting` is `listeners.imap`. */
export function explainListenError(
  error: unknown,
  place: { readonly host: string; readonly port: number },
  setting: string,
  file: string,
): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const where = `${place.host} port ${place.port}`;
  const reason = {
    EADDRINUSE: `${where} is taken by another program; ${setting}.port in ${file} moves it`,
    EADDRNOTAVAIL: `${place.host} is not an address of this machine; ${setting}.host in ${file} sets it`,
    EACCES:
      `${where} is not allowed to this user: ports below 1024 need the capability ` +
      `CAP_NET_BIND_SERVICE, or another ${setting}.port in ${file}`,
    ENOTFOUND: `${place.host} is not a known name; ${setting}.host in ${file} sets it`,
  }[code ?? ''];
  return reason === undefined ? error : new ListenerError(reason, { cause: error });
}
