import type { Texts } from './text.ts';

/** About signatures that are not what was asked for, and challenges. */
export const signatureTexts = {
  EDS_TOO_BIG: {
    kk: 'Қолтаңба файлы тым үлкен, шегі {limit} КБ',
    ru: 'Файл подписи слишком большой, предел {limit} КБ',
    en: 'The signature file is too big, limit {limit} KB',
  },
  EDS_DAMAGED: {
    kk: 'Бұл қолтаңба файлы емес немесе ол бүлінген',
    ru: 'Это не файл подписи, или он повреждён',
    en: 'This is not a signature file, or it is damaged',
  },
  EDS_ONE_SIGNER: {
    kk: 'Дәл бір адамның қолтаңбасы керек',
    ru: 'Нужна подпись ровно одного человека',
    en: 'The signature of exactly one person is needed',
  },
  EDS_NO_CERTIFICATE: {
    kk: 'Қолтаңбада қол қоюшының сертификаты жоқ',
    ru: 'В подписи нет сертификата подписавшего',
    en: "The signer's certificate is not in the signature",
  },
  EDS_NO_CONTENT: {
    kk: 'Қолтаңбаның ішінде қол қойылған құжат жоқ',
    ru: 'В подписи нет подписанного документа',
    en: 'The signed document is not in the signature',
  },
  EDS_CHANGED: {
    kk: 'Құжат қол қойылғаннан кейін өзгертілген',
    ru: 'Документ изменён после подписания',
    en: 'The document was changed after it was signed',
  },
  EDS_WRONG: {
    kk: 'Қолтаңба жарамсыз',
    ru: 'Подпись неверна',
    en: 'The signature is wrong',
  },
  EDS_FORM: {
    kk: 'Қолтаңбаның түрі сәйкес емес. NCALayer немесе eGov Mobile арқылы қайта қол қойыңыз',
    ru: 'Подпись не того вида. Подпишите снова через NCALayer или eGov Mobile',
    en: 'The signature has the wrong form. Sign again with NCALayer or eGov Mobile',
  },
  EDS_NOT_YET: {
    kk: 'ЭЦҚ {date} күнінен бастап жарамды',
    ru: 'ЭЦП действует только с {date}',
    en: 'Your EDS is valid only from {date}',
  },
  EDS_TIMESTAMP: {
    kk: 'Қолтаңбаның уақыт белгісі жарамсыз. Қайта қол қойыңыз',
    ru: 'Метка времени в подписи неверна. Подпишите снова',
    en: 'The timestamp of the signature is wrong. Sign again',
  },
  EDS_OWNER: {
    kk: 'Сертификатта дәл бір ЖСН (ұйымда бір БСН) болуы керек',
    ru: 'В сертификате должен быть ровно один ИИН (у организации один БИН)',
    en: 'The certificate must have exactly one IIN (and one BIN for an organisation)',
  },
  EDS_TEST: {
    kk: 'Сынақ сертификаты қабылданбайды',
    ru: 'Тестовый сертификат не принимается',
    en: 'A test certificate is not accepted',
  },
  EDS_BUSY: {
    kk: 'Қазір тексерулер тым көп. Бірнеше секундтан кейін қайталаңыз',
    ru: 'Сейчас слишком много проверок. Повторите через несколько секунд',
    en: 'Too many checks at once. Try again in a few seconds',
  },
  CHALLENGE_EXPIRED: {
    kk: 'Кіру сұрауының мерзімі өтті немесе ол пайдаланылды. Қайта бастаңыз',
    ru: 'Запрос на вход истёк или уже использован. Начните снова',
    en: 'The request to sign has expired or was used. Start again',
  },
  CHALLENGE_WRONG: {
    kk: 'Басқа құжатқа қол қойылған. Қайта бастаңыз',
    ru: 'Подписан другой документ. Начните снова',
    en: 'Another document was signed. Start again',
  },
} as const satisfies Texts;
