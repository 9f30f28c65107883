/** Bodies of the whole country: as they call themselves in English, and Russian and Kazakh in Latin letters. */
const central = [
  // the head of state, the parliament, the government
  ...['akorda', 'president', 'prezident', 'prezidenti', 'administration', 'administraciya'],
  ...['parliament', 'parlament', 'senate', 'senat', 'senaty', 'mazhilis', 'majilis', 'mazhilisi'],
  ...['kurultai', 'qurultai', 'government', 'pravitelstvo', 'ukimet', 'ukimeti', 'uqimet'],
  ...['primeminister', 'premier', 'premierministr', 'premier-ministr', 'gov', 'govkz', 'egov'],
  ...['state', 'memleket', 'elicense', 'egovkz', 'gosuslugi', 'memqyzmet', 'memkyzmet', 'con'],
  ...['deputy', 'deputat', 'minister', 'ministr', 'ministry', 'ministerstvo', 'ministrlik'],
  ...['ministrligi', 'vice-minister', 'committee', 'komitet', 'komiteti', 'agency', 'agentstvo'],
  ...[
    'agenttik',
    'agenttigi',
    'department',
    'departament',
    'departamenti',
    'upravlenie',
    'basqarma',
  ],
  // ministries
  ...['mvd', 'iim', 'minvnudel', 'ishkiister', 'interior', 'mid', 'sim', 'syrtqyister', 'mfa'],
  ...[
    'mod',
    'minoborony',
    'korganys',
    'qorganys',
    'defense',
    'defence',
    'minjust',
    'minyust',
    'adiletmin',
  ],
  ...['justice', 'minfin', 'qarzhy', 'karzhy', 'finance', 'minzdrav'],
  ...['densaulyq', 'densaulyk', 'health', 'mintrud', 'enbek', 'labor', 'labour', 'minobr'],
  ...['minprosvet', 'oquagartu', 'education', 'minnauki', 'gylym', 'science', 'minenergo'],
  ...[
    'energy',
    'energetika',
    'minselhoz',
    'msh',
    'auylsharuashylygy',
    'agriculture',
    'mintransport',
  ],
  ...['kolik', 'transport', 'minindustry', 'onerkasip', 'industry', 'minkultury', 'madeniet'],
  ...['culture', 'minekonomiki', 'ekonomika', 'economy', 'mnu', 'mne', 'minecology', 'ekologiya'],
  ...['ecology', 'minturizm', 'turizm', 'tourism', 'mchs', 'tzhm', 'emergency', 'mcriap', 'mdai'],
  ...['mincifra', 'digital', 'cifra', 'minvodresursov', 'water', 'sauda', 'mti', 'trade'],
  // courts, prosecution, police, security
  ...['sud', 'court', 'sot', 'sottar', 'supremecourt', 'verhsud', 'verhovnysud', 'zhogargysot'],
  ...['constitutionalcourt', 'ksrk', 'konstituciyalyqsot', 'judge', 'sudya', 'sudia'],
  ...['prosecutor', 'prokuror', 'prokuratura', 'prokuraturasy', 'genprokuratura', 'police'],
  ...[
    'policia',
    'policiya',
    'polisia',
    'politsiya',
    'knb',
    'uqk',
    'ukk',
    'sgo',
    'security-council',
  ],
  ...['antikor', 'anticorruption', 'antikorrupciya', 'afm', 'nationalguard', 'nacgvardiya'],
  ...[
    'ulttyqulan',
    'bailiff',
    'chsi',
    'sudebnyispolnitel',
    'sotoryndaushy',
    'advocate',
    'notarius',
  ],
  ...['notary-chamber', 'ombudsman', 'omb', 'voenkomat', 'army', 'armiya'],
  // money, statistics, services
  ...['nalog', 'nalogovaya', 'salyk', 'salyq', 'tax', 'taxes', 'kgd', 'mkk', 'tamozhnya', 'keden'],
  ...[
    'customs',
    'kazynashylyq',
    'kaznacheystvo',
    'treasury',
    'nationalbank',
    'nacbank',
    'ulttyqbank',
  ],
  ...['nbrk', 'arrfr', 'ardfm', 'statistics', 'stat', 'statgov', 'bns', 'akk', 'auditpalata'],
  ...['enpf', 'bzhzq', 'gfss', 'mamsz', 'fsms', 'osms', 'mams', 'kdif', 'samruk', 'samruk-kazyna'],
  ...[
    'baiterek',
    'goszakup',
    'satypalu',
    'nca',
    'nuc',
    'uko',
    'pki',
    'ncanl',
    'nitec',
    'nit',
    'ukimetuchun',
  ],
  ...['embassy', 'posolstvo', 'elshilik', 'consulate', 'konsulstvo', 'electioncommission', 'cik'],
  ...['osk', 'saylau', 'sailau', 'elections', 'referendum', 'eotinish', 'e-otinish', 'ashyqukimet'],
] as const;

/** Regions and cities of the republic, in the spellings in use. */
const places = [
  ...['abai', 'abay', 'akmola', 'aqmola', 'aktobe', 'aqtobe', 'almaty', 'almatyoblysy', 'astana'],
  ...['atyrau', 'batys', 'bqo', 'zko', 'wko', 'zhambyl', 'jambyl', 'zhetisu', 'jetisu', 'zhetysu'],
  ...['karaganda', 'qaragandy', 'karagandy', 'kostanay', 'kostanai', 'qostanai', 'kyzylorda'],
  ...['qyzylorda', 'mangystau', 'mangistau', 'pavlodar', 'sko', 'sqo', 'petropavl', 'turkistan'],
  ...[
    'turkestan',
    'ulytau',
    'vko',
    'shqo',
    'shko',
    'oskemen',
    'shymkent',
    'kazakhstan',
    'kz',
    'rk',
  ],
] as const;

/** Bodies that every place has. */
const local = [
  ...['akim', 'akimat', 'akimdik', 'akimdigi', 'maslikhat', 'maslihat', 'police', 'policia', 'dp'],
  ...['prokuratura', 'sud', 'sot', 'court', 'salyk', 'nalog', 'dgd', 'gov', 'deputat'],
] as const;

/** Names of state bodies of the Republic of Kazakhstan, which nobody gets without the operator's word. */
export const stateBodyNames: readonly string[] = [
  ...central,
  ...local,
  ...places.flatMap((place) => local.flatMap((body) => [`${body}${place}`, `${place}${body}`])),
];
