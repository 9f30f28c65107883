import * as z from 'zod';

const protocol = z.enum(['imap', 'submission']);

/** The device passwords of one account. A record of another version is an error, never read in part. */
export const deviceRecord = z.strictObject({
  v: z.literal(1),
  /** Whether mail programs log in with device passwords only. */
  required: z.boolean(),
  devices: z.array(
    z.strictObject({
      id: z.string(),
      /** Sealed: people name a device after its owner. */
      name: z.string(),
      protocols: z.array(protocol).min(1),
      createdAt: z.number(),
      lastUsed: z.strictObject({ at: z.number(), protocol }).optional(),
      /** HMAC of the password, hex. */
      verifier: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type DeviceRecord = z.output<typeof deviceRecord>;
export type Device = DeviceRecord['devices'][number];
