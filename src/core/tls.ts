import type { SecureContext } from 'node:tls';

/** The certificate in force; it can change while the server runs. */
export interface TlsSource {
  /** TLS 1.2 or newer, real certificates only. */
  current(): SecureContext;
}
