const wanted = process.env['ZHASHIK_EDS_CASES'];

/** Random contents that are hashed twice, signatures that are verified twice; ZHASHIK_EDS_CASES=10000 for a long run. */
export const randomContents = Number(wanted ?? 300);
export const randomSignatures = Number(wanted ?? 20);

export const randomSeed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261128);
