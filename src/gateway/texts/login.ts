import type { Texts } from './text.ts';

/** About logins and passwords. */
export const loginTexts = {
  LOGIN_RULES: {
    kk: 'Логин 2–64 латын әрпінен, цифрдан және олардың арасындағы жеке нүкте, сызықша немесе астын сызу белгісінен тұрады',
    ru: 'Логин состоит из 2–64 латинских букв, цифр и одиночных точек, дефисов или подчёркиваний между ними',
    en: 'A login is 2 to 64 Latin letters, digits and single dots, hyphens or underscores between them',
  },
  LOGIN_IDENTIFIER: {
    kk: 'Логинге ЖСН немесе БСН жазуға болмайды: мекенжайды бәрі көреді',
    ru: 'В логине не должно быть ИИН или БИН: адрес видят все',
    en: 'A login must not contain an IIN or BIN: everybody sees the address',
  },
  LOGIN_TAKEN: {
    kk: 'Бұл логин бос емес. Бос нұсқалар: {list}',
    ru: 'Этот логин занят. Свободные варианты: {list}',
    en: 'This login is taken. Free variants: {list}',
  },
  LOGIN_LOOKALIKE: {
    kk: 'Логин «{other}» логиніне тым ұқсас',
    ru: 'Логин слишком похож на «{other}»',
    en: 'The login looks too much like "{other}"',
  },
  LOGIN_RESERVED: {
    kk: 'Бұл атау қызметтік мақсатқа сақталған',
    ru: 'Это имя зарезервировано для служебных целей',
    en: 'This name is reserved for service use',
  },
  PASSWORD_SHORT: {
    kk: 'Құпиясөз тым қысқа: кемінде {min} таңба керек',
    ru: 'Пароль слишком короткий: нужно не меньше {min} знаков',
    en: 'The password is too short: at least {min} characters are needed',
  },
  PASSWORD_LONG: {
    kk: 'Құпиясөз тым ұзын: {max} таңбадан аспауға тиіс',
    ru: 'Пароль слишком длинный: не больше {max} знаков',
    en: 'The password is too long: {max} characters at most',
  },
  PASSWORD_CHARACTERS: {
    kk: 'Құпиясөзде басқару таңбалары болмауға тиіс',
    ru: 'В пароле не должно быть управляющих знаков',
    en: 'A password must not contain control characters',
  },
  PASSWORD_BREACHED: {
    kk: 'Бұл құпиясөз көпке белгілі және бірінші болып тексеріледі. Басқасын таңдаңыз',
    ru: 'Этот пароль известен многим, его пробуют первым. Выберите другой',
    en: 'Many know this password, and it is tried first. Choose another one',
  },
  PASSWORD_LIKE_LOGIN: {
    kk: 'Құпиясөз логинге немесе сәйкестендіру нөміріне ұқсас. Басқасын таңдаңыз',
    ru: 'Пароль похож на логин или на идентификационный номер. Выберите другой',
    en: 'The password is like the login or an identification number. Choose another one',
  },
  DEVICE_LIMIT: {
    kk: 'Құрылғы құпиясөздері {max}-ден аспайды. Керек емесін жойыңыз',
    ru: 'Паролей устройств не больше {max}. Отмените ненужный',
    en: 'There are at most {max} device passwords. Revoke one that is not needed',
  },
  DEVICE_NAME: {
    kk: 'Құрылғының атауын жазыңыз: 1–{max} таңба',
    ru: 'Назовите устройство: от 1 до {max} знаков',
    en: 'Name the device: 1 to {max} characters',
  },
  DEVICE_PROTOCOLS: {
    kk: 'Құрылғыға не рұқсат екенін таңдаңыз: хаттарды оқу, жіберу немесе екеуі де',
    ru: 'Выберите, что можно устройству: читать письма, отправлять или и то и другое',
    en: 'Choose what the device may do: read mail, send it, or both',
  },
  USE_DEVICE_PASSWORD: {
    kk: 'Пошта бағдарламасы үшін құрылғы құпиясөзін пайдаланыңыз',
    ru: 'Для почтовой программы используйте пароль устройства',
    en: 'Use a device password for mail programs',
  },
} as const satisfies Texts;
