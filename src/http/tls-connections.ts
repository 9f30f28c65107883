import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsSource } from '../core/tls.ts';

export interface TlsConnectionsOptions {
  readonly source: TlsSource;
  /** Ask clients for a certificate; whose it is, is found out later. Browsers would ask their users. */
  readonly askCertificate: boolean;
  readonly handshakeMs: number;
}

/**
 * Puts TLS before an HTTP server, each connection with the certificate that is in force then, which `https` has only for
 * those that name a host. Connections that are still shaking hands are ended by the returned function.
 */
export function tlsConnections(server: Server, options: TlsConnectionsOptions): () => void {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  const arriving = new Set<Socket>();
  server.removeAllListeners('connection');
  server.on('connection', (plain: Socket) => {
    const socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: options.source.current(),
      requestCert: options.askCertificate,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    arriving.add(plain);
    const timer = setTimeout(() => plain.destroy(), options.handshakeMs);
    const arrived = (): void => {
      clearTimeout(timer);
      arriving.delete(plain);
    };
    plain.once('close', arrived);
    // A client that goes away, or speaks no TLS: nobody is there to be told.
    socket.on('error', () => plain.destroy());
    socket.once('secure', () => {
      arrived();
      for (const listener of listeners) listener.call(server, socket);
    });
  });
  return () => {
    for (const plain of arriving) plain.destroy();
  };
}
