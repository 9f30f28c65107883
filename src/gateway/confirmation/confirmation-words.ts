/** The words of a confirmation, in the languages of its pages; English has one line. */
export const confirmationWords = {
  kk: {
    title: 'Электрондық абоненттік пошта жәшігінің тіркелгенін растау',
    id: 'Өтініш нөмірі',
    operator: 'Пошта операторы',
    bin: 'БСН',
    iin: 'ЖСН',
    user: 'Пайдаланушы',
    signatory: 'Қол қойған',
    address: 'Пошта жәшігінің мекенжайы',
    level: 'Деңгейі',
    levels: { basic: 'негізгі', official: 'ресми' },
    createdAt: 'Жәшік ашылған уақыт',
    channel: 'Өтініш берілген жер',
    online: 'интернет арқылы, ЭЦҚ-мен',
    facility: 'өндірістік объект',
    employee: 'қызметкер',
    agreement: 'Пайдаланушы келісімі',
    acceptedAt: 'қабылданған уақыты',
    issuedAt: 'Растау берілген уақыт',
    zone: 'Астана уақыты (UTC+5)',
    proof:
      'Осы беттердегі деректер құжатқа тіркелген confirmation.json файлында, оған Оператор қол қойған ' +
      '(confirmation.json.p7s). Файлдың SHA-256 бақылау сомасы:',
    check: 'Желісіз тексеру:',
  },
  ru: {
    title: 'Подтверждение регистрации электронного абонентского почтового ящика',
    id: 'Номер заявления',
    operator: 'Оператор почты',
    bin: 'БИН',
    iin: 'ИИН',
    user: 'Пользователь',
    signatory: 'Подписал',
    address: 'Адрес почтового ящика',
    level: 'Уровень',
    levels: { basic: 'базовый', official: 'официальный' },
    createdAt: 'Ящик открыт',
    channel: 'Заявление подано',
    online: 'через интернет, с ЭЦП',
    facility: 'производственный объект',
    employee: 'работник',
    agreement: 'Пользовательское соглашение',
    acceptedAt: 'принято',
    issuedAt: 'Подтверждение выдано',
    zone: 'время Астаны (UTC+5)',
    proof:
      'Данные этих страниц находятся в приложенном файле confirmation.json, который подписан Оператором ' +
      '(confirmation.json.p7s). Контрольная сумма файла SHA-256:',
    check: 'Проверка без сети:',
  },
} as const;

/** The command that verifies it. */
export const verifyCommand = 'zhashik confirmation verify FILE';
