import * as z from 'zod';
import { isNetwork } from '../core/networks.ts';

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const timeUnits: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Octets: a number, or a text with a unit such as `50 MiB`. */
export function bytes(least: number, most = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  return measured(sizeUnits, 'a size such as 50 MiB', least, most, showBytes).meta({
    shape: 'size',
  });
}

/** Milliseconds: a number, or a text with a unit such as `30 s` or `5 min`. */
export function duration(least: number, most = 366 * 86_400_000): z.ZodType<number> {
  return measured(timeUnits, 'a time such as 30 s', least, most, showDuration).meta({
    shape: 'time',
  });
}

function measured(
  units: Readonly<Record<string, number>>,
  expected: string,
  least: number,
  most: number,
  show: (value: number) => string,
): z.ZodType<number> {
  return z
    .union([z.string(), z.number()], { error: `expected ${expected}` })
    .transform((value, context) => {
      const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(String(value));
      const unit = units[match?.[2] ?? ''];
      const result = Math.round(Number(match?.[1]) * (unit ?? Number.NaN));
      if (Number.isNaN(result)) {
        const known = Object.keys(units).filter((name) => name !== '');
        context.addIssue({
          code: 'custom',
          message: `expected ${expected} (units: ${known.join(', ')})`,
        });
        return z.NEVER;
      }
      if (result < least || result > most) {
        const bound = result < least ? `at least ${show(least)}` : `at most ${show(most)}`;
        context.addIssue({ code: 'custom', message: `expected ${bound}` });
        return z.NEVER;
      }
      return result;
    });
}

/** The largest unit that says it exactly: `50 MiB`. */
export function showBytes(value: number): string {
  return show(sizeUnits, value, 'B');
}

/** `30 s`, `5 min`. */
export function showDuration(value: number): string {
  return show(timeUnits, value, 'ms');
}

function show(units: Readonly<Record<string, number>>, value: number, smallest: string): string {
  let best = smallest;
  for (const [name, size] of Object.entries(units)) {
    if (name !== '' && value !== 0 && value % size === 0 && size >= (units[best] ?? 1)) best = name;
  }
  return `${value / (units[best] ?? 1)} ${best}`;
}

/** IP networks: `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`. */
export const networks = z.array(
  z.string().refine(isNetwork, { error: 'expected an IP address or network such as 10.0.0.0/8' }),
);

/** A domain name as people write it; kept as lower-case A-labels by the loader. */
export const domainName = z
  .string()
  .regex(/^(?!.*\.\.)[^\s@:/[\]%?#\\]{1,253}$/u, { error: 'expected a domain name' });

/** The place of a server, without a login: a password is not written into the config file. */
export function serverUrl(schemes: readonly string[], example: string): z.ZodType<string> {
  const pattern = new RegExp(`^(?:${schemes.join('|')})://[^\\s/?#]+(?:[/?#]\\S*)?$`);
  return z
    .string()
    .regex(pattern, { error: `expected a URL such as ${example}` })
    .refine((url) => !/^[^/?#]*\/\/[^/?#]*@/.test(url), {
      error: 'has a login in it: name it with user and password',
    });
}

/** A file or folder; a relative one starts at the folder of the config file. */
export const path = z.string().min(1).meta({ shape: 'path' });

/** Where a secret is: never in the config file itself. */
export const secret = z
  .union(
    [
      z.strictObject({ file: z.string().min(1) }),
      z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
    ],
    { error: 'expected { file: … } or { env: … }: a secret is not written into this file' },
  )
  .meta({ shape: 'secret' });
