import type { Texts } from './text.ts';

/** About signatures and certificates. */
export const edsTexts = {
  EDS_EXPIRED: {
    kk: 'ЭЦҚ мерзімі {date} күні аяқталған',
    ru: 'Срок действия ЭЦП истёк {date}',
    en: 'Your EDS expired on {date}',
  },
  EDS_REVOKED: {
    kk: 'ЭЦҚ {date} күні кері қайтарып алынған',
    ru: 'ЭЦП отозвана {date}',
    en: 'Your EDS was revoked on {date}',
  },
  EDS_UNTRUSTED: {
    kk: 'Сертификатты ҚР ҰКО бермеген',
    ru: 'Сертификат выдан не НУЦ РК',
    en: 'The certificate is not issued by the National CA',
  },
  EDS_AUTH_KEY: {
    kk: 'Бұл қол қою кілті емес, аутентификация кілті',
    ru: 'Это ключ аутентификации, а не подписи',
    en: 'This is an authentication key, not a signing key',
  },
  EDS_OTHER_PERSON: {
    kk: 'ЭЦҚ иесі басқа тұлға',
    ru: 'ЭЦП принадлежит другому лицу',
    en: 'The EDS belongs to another person',
  },
  EDS_ROLE: {
    kk: 'Бұл әрекетке бірінші басшының ЭЦҚ-сы керек',
    ru: 'Нужна ЭЦП первого руководителя',
    en: "The first head's EDS is needed for this",
  },
  EDS_STATUS_UNKNOWN: {
    kk: 'Сертификат мәртебесін тексеру мүмкін болмады, {time} қайта тексереміз',
    ru: 'Не удалось проверить статус сертификата, повторим в {time}',
    en: 'Could not check the certificate status; will retry at {time}',
  },
} as const satisfies Texts;
