import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Signatures } from '../../gateway/api.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import { RecordTable, type Row } from '../../gateway/records/record-table.ts';
import type { ErrorCode } from '../../gateway/texts/catalogue.ts';
import type { IdentityVault } from '../../gateway/vault/identity-vault.ts';
import type { RecordStore } from '../../store/records.ts';
import { httpLimits } from '../limits.ts';
import { isErrorCode } from '../problem.ts';
import { type MobileKind, mobileTexts } from './mobile-texts.ts';

const kinds = Object.keys(mobileTexts) as [MobileKind, ...MobileKind[]];

const record = z.strictObject({
  v: z.literal(1),
  kind: z.enum(kinds),
  /** SHA-256 of the secret of the browser that began it. */
  owner: z.string(),
  expiresAt: z.int(),
  /** `Secrets` */
  sealed: z.string(),
  /** The signature, sealed, when it is there. */
  signature: z.string().nullable(),
  /** Why the last one was refused. */
  refusal: z.string().nullable(),
});
type MobileRecord = z.output<typeof record>;

const secrets = z.strictObject({ document: z.string(), token: z.string() });

export interface MobileSigningsOptions {
  readonly records: RecordStore;
  readonly vault: Pick<IdentityVault, 'seal' | 'open'>;
  /** Those of documents. */
  readonly signatures: Signatures;
  readonly clock: Clock;
  readonly randomBytes?: (count: number) => Buffer;
}

/** As the phone sees it. */
export interface MobileSigning {
  readonly kind: MobileKind;
  readonly expiresAt: number;
  readonly document: string;
  /** What the phone shows when it fetches the document and brings the signature. */
  readonly token: string;
}

/** As the browser sees it. */
export interface MobileResult {
  readonly signature: Uint8Array | undefined;
  readonly refusal: ErrorCode | undefined;
}

/**
 * Documents of a browser that a phone signs: each once, within five minutes. The signature goes to the browser that began
 * it and to nobody else; it is verified here already, so that the phone says when it is not good.
 */
export class MobileSignings {
  readonly #options: MobileSigningsOptions;
  readonly #table: RecordTable<MobileRecord>;
  readonly #randomBytes: (count: number) => Buffer;

  constructor(options: MobileSigningsOptions) {
    this.#options = options;
    this.#table = new RecordTable(options.records, 'mobile-signing', record);
    this.#randomBytes = options.randomBytes ?? randomBytes;
  }

  /** `browser` is the secret of the browser that asks. */
  async begin(
    kind: MobileKind,
    document: string,
    browser: string,
  ): Promise<{ readonly id: string; readonly expiresAt: number }> {
    const { vault, clock } = this.#options;
    const expiresAt = clock.now() + httpLimits.mobileMs;
    const id = `${timeKey(expiresAt)}-${this.#randomBytes(16).toString('hex')}`;
    const token = this.#randomBytes(32).toString('base64url');
    const sealed = vault.seal(JSON.stringify({ document, token }), `mobile:${id}`);
    const owner = digest(browser);
    const value: MobileRecord = {
      ...{ v: 1, kind, owner, expiresAt, sealed },
      ...{ signature: null, refusal: null },
    };
    if (!(await this.#table.insert(id, value))) throw new Error('an id came twice');
    return { id, expiresAt };
  }

  /** For the phone that has the link. Throws `MOBILE_EXPIRED`, also when it is signed. */
  async open(id: string): Promise<MobileSigning> {
    const { value } = await this.#waiting(id);
    const { kind, expiresAt } = value;
    return { kind, expiresAt, ...this.#secrets(id, value) };
  }

  /** The same with the token that it was given. Throws `NOT_FOR_YOU`, `MOBILE_EXPIRED`. */
  async fetch(id: string, token: string | undefined): Promise<MobileSigning> {
    const signing = await this.open(id);
    const [given, right] = [Buffer.from(token ?? ''), Buffer.from(signing.token)];
    if (given.length !== right.length || !timingSafeEqual(given, right)) {
      throw new GatewayError('NOT_FOR_YOU');
    }
    return signing;
  }

  /** Takes the signature, attached. Throws `MOBILE_REFUSED`, `NOT_FOR_YOU`, `MOBILE_EXPIRED`. */
  async sign(id: string, token: string | undefined, given: string): Promise<void> {
    const { document } = await this.fetch(id, token);
    const refusal = await this.#refusalOf(given, document);
    const row = await this.#waiting(id);
    const signature =
      refusal === undefined ? this.#options.vault.seal(given, `mobile-signed:${id}`) : null;
    const isKept = await this.#table.replace(row, {
      ...row.value,
      signature,
      refusal: refusal ?? null,
    });
    // Two at once: one of them counts.
    if (!isKept || refusal !== undefined) throw new GatewayError('MOBILE_REFUSED');
  }

  /** For the browser that began it. Throws `MOBILE_EXPIRED`. */
  async result(id: string, browser: string): Promise<MobileResult> {
    const row = idForm.test(id) ? await this.#table.get(id) : undefined;
    if (row?.value.owner !== digest(browser)) throw new GatewayError('MOBILE_EXPIRED');
    if (this.#options.clock.now() > row.value.expiresAt) throw new GatewayError('MOBILE_EXPIRED');
    const { signature, refusal } = row.value;
    return {
      signature:
        signature === null
          ? undefined
          : Buffer.from(this.#options.vault.open(signature, `mobile-signed:${id}`)),
      refusal: refusal !== null && isErrorCode(refusal) ? refusal : undefined,
    };
  }

  /** Removes ended ones, oldest first; answers how many, 500 at most. */
  async sweep(): Promise<number> {
    const now = timeKey(this.#options.clock.now());
    let swept = 0;
    for (const row of await this.#table.list({ limit: httpLimits.sweptAtOnce })) {
      if (row.key >= now) break;
      if (await this.#table.remove(row)) swept += 1;
    }
    return swept;
  }

  async #waiting(id: string): Promise<Row<MobileRecord>> {
    const row = idForm.test(id) ? await this.#table.get(id) : undefined;
    const isOver =
      row === undefined ||
      row.value.signature !== null ||
      this.#options.clock.now() > row.value.expiresAt;
    if (isOver) throw new GatewayError('MOBILE_EXPIRED');
    return row;
  }

  #secrets(id: string, { sealed }: MobileRecord): z.output<typeof secrets> {
    return secrets.parse(JSON.parse(this.#options.vault.open(sealed, `mobile:${id}`)));
  }

  async #refusalOf(given: string, document: string): Promise<ErrorCode | undefined> {
    try {
      const by = await this.#options.signatures.verify(given);
      const isSame = Buffer.compare(by.content, Buffer.from(document)) === 0;
      return isSame ? undefined : 'CHALLENGE_WRONG';
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  }
}

/** `<end, ms since 1970 in base 36>-<32 hex digits>` */
const idForm = /^[0-9a-z]{9}-[0-9a-f]{32}$/;

function timeKey(ms: number): string {
  return ms.toString(36).padStart(9, '0');
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
