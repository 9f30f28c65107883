import { agencyTexts } from './agency.ts';
import { applicationTexts } from './application.ts';
import { edsTexts } from './eds.ts';
import { httpTexts } from './http.ts';
import { letterTexts } from './letters.ts';
import { identifierTexts } from './identifier.ts';
import { loginTexts } from './login.ts';
import { mailboxTexts } from './mailbox.ts';
import { signatureTexts } from './signature.ts';
import { stateTexts } from './state.ts';
import { webTexts } from './web.ts';
import type { Texts } from './text.ts';

/** All that the gateway says to people, by its code. */
export const catalogue = {
  ...identifierTexts,
  ...loginTexts,
  ...applicationTexts,
  ...edsTexts,
  ...signatureTexts,
  ...stateTexts,
  ...mailboxTexts,
  ...agencyTexts,
  ...httpTexts,
  ...webTexts,
  ...letterTexts,
} as const satisfies Texts;

export type ErrorCode = keyof typeof catalogue;
