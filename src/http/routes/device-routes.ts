import * as z from 'zod';
import type { DevicePassword } from '../../gateway/api.ts';
import type { AccountId } from '../../core/values.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import type { GatewayParts } from '../ports.ts';
import { type Call, emptyRoute, jsonRoute, type Route, sessionOf } from '../route.ts';
import { idShape, timeOf, timeShape } from './shapes.ts';

const protocols = z
  .array(z.enum(['imap', 'submission']))
  .min(1)
  .max(2);
const deviceShape = z.object({
  id: idShape,
  name: z.string(),
  protocols,
  createdAt: timeShape,
  lastUsed: z
    .object({ at: timeShape, protocol: z.enum(['imap', 'submission']) })
    .optional()
    .describe('To some minutes.'),
});
type DeviceAnswer = z.output<typeof deviceShape>;

type Parts = Pick<GatewayParts, 'devices' | 'accountOf'>;

/** Passwords for mail programs, each of its own device. domain.md 6.5 */
export function deviceRoutes({ devices, accountOf }: Parts): readonly Route[] {
  const account = async (
    call: Pick<Call<unknown, unknown, unknown>, 'session'>,
  ): Promise<AccountId> => {
    const id = await accountOf(sessionOf(call).subject);
    if (id === undefined) throw new GatewayError('NO_MAILBOX');
    return id;
  };
  return [
    jsonRoute({
      method: 'GET',
      path: '/v1/device-passwords',
      id: 'devicePasswords',
      summary: 'Passwords of mail programs, without the passwords',
      callers: ['subject'],
      status: 200,
      answer: z.object({ devices: z.array(deviceShape) }),
      run: async (call) => ({ devices: (await devices.list(await account(call))).map(answerOf) }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/device-passwords',
      id: 'newDevicePassword',
      summary: 'A password for a mail program; it is told this once',
      callers: ['subject'],
      body: z.strictObject({ name: z.string().min(1).max(100), protocols }),
      status: 201,
      answer: deviceShape.extend({ password: z.string() }),
      async run(call) {
        const { name, protocols: allowed } = call.body;
        const made = await devices.create(await account(call), name, allowed);
        return { ...answerOf(made), password: made.password };
      },
    }),
    emptyRoute({
      method: 'DELETE',
      path: '/v1/device-passwords/{id}',
      id: 'revokeDevicePassword',
      summary: 'End a password and the sessions it began',
      callers: ['subject'],
      params: z.strictObject({ id: idShape }),
      status: 204,
      async run(call) {
        if (!(await devices.revoke(await account(call), call.params.id))) {
          throw new GatewayError('NO_SUCH_PAGE');
        }
      },
    }),
  ];
}

function answerOf({
  id,
  name,
  protocols: allowed,
  createdAt,
  lastUsed,
}: DevicePassword): DeviceAnswer {
  return {
    id,
    name,
    protocols: [...allowed],
    createdAt: timeOf(createdAt),
    ...(lastUsed !== undefined && { lastUsed: { ...lastUsed, at: timeOf(lastUsed.at) } }),
  };
}
