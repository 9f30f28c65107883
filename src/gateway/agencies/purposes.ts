import type { Texts } from '../texts/text.ts';

/** What a state body may look an address up for, in words for the person who was looked up. */
export const purposes = {
  'official-letter': {
    kk: 'Ресми хат жіберу',
    ru: 'Отправка официального письма',
    en: 'To send an official letter',
  },
  'court-notice': {
    kk: 'Сот хабарламасын жіберу',
    ru: 'Отправка судебного извещения',
    en: 'To send a notice of a court',
  },
  'tax-notice': {
    kk: 'Салық хабарламасын жіберу',
    ru: 'Отправка налогового уведомления',
    en: 'To send a tax notice',
  },
  'enforcement-notice': {
    kk: 'Атқарушылық іс жүргізу хабарламасын жіберу',
    ru: 'Отправка извещения исполнительного производства',
    en: 'To send a notice of enforcement proceedings',
  },
  'administrative-notice': {
    kk: 'Әкімшілік іс жүргізу хабарламасын жіберу',
    ru: 'Отправка извещения по административному делу',
    en: 'To send a notice of administrative proceedings',
  },
} as const satisfies Texts;

export type Purpose = keyof typeof purposes;
export const purposeNames = Object.keys(purposes) as [Purpose, ...Purpose[]];
