import type { Signer } from '../../../src/eds/sign/signer.ts';
import { signCms } from '../../../src/eds/sign/sign-cms.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

interface Documents {
  readonly signMethod: string;
  readonly documentsToSign: readonly {
    readonly id: number;
    readonly document: { readonly file: { readonly mime: string; readonly data: string } };
  }[];
}

/** A phone with eGov Mobile: it reads a QR code, asks API 1 and API 2, signs, and brings the signature back. */
export class EgovPhone {
  readonly #signer: Signer;
  readonly #web: WebClient;
  readonly #now: () => number;
  /** What it shows its owner. */
  shown: Readonly<Record<string, unknown>> = {};

  /** `web` has no cookies of ours: the phone is not the browser. */
  constructor(signer: Signer, web: WebClient, now: () => number) {
    this.#signer = signer;
    this.#web = web;
    this.#now = now;
  }

  /** The whole walk. Resolves with the answer to the signature. */
  async scan(qr: string): Promise<WebAnswer> {
    const { documents, uri, token } = await this.fetch(qr);
    const [first] = documents.documentsToSign;
    const content = Buffer.from(first?.document.file.data ?? '', 'base64');
    return this.bring(uri, token, documents, await this.sign(content));
  }

  async fetch(
    qr: string,
  ): Promise<{ readonly documents: Documents; readonly uri: string; readonly token: string }> {
    const [, url] = /^mobileSign:(https:.*)$/.exec(qr) ?? [];
    const api1 = await this.#web.get(new URL(url ?? '').pathname);
    if (api1.status !== 200) throw new Error(`API 1: ${api1.text}`);
    this.shown = api1.json;
    const {
      uri,
      auth_type: type,
      auth_token: token,
    } = api1.json['document'] as Record<string, string>;
    if (type !== 'Token') throw new Error(`API 1: ${type ?? ''}`);
    const path = new URL(uri ?? '').pathname;
    const headers = { authorization: `Bearer ${token ?? ''}` };
    const api2 = await this.#web.get(path, { headers });
    if (api2.status !== 200) throw new Error(`API 2: ${api2.text}`);
    return { documents: api2.json as unknown as Documents, uri: path, token: token ?? '' };
  }

  /** CMS_WITH_DATA: attached. */
  sign(content: Uint8Array): Promise<Buffer> {
    const signers = [this.#signer];
    return signCms({ content, detached: false, signers, signedAt: this.#now() });
  }

  bring(path: string, token: string, documents: Documents, cms: Uint8Array): Promise<WebAnswer> {
    const data = Buffer.from(cms).toString('base64');
    const signed = documents.documentsToSign.map((one) => ({
      ...one,
      document: { file: { ...one.document.file, data } },
    }));
    return this.#web.put(
      path,
      { ...documents, documentsToSign: signed },
      { headers: { authorization: `Bearer ${token}` } },
    );
  }
}
