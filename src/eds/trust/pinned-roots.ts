import type { Profile } from './trust-store.ts';

/**
 * The roots of the National CA by the SHA-256 of their DER. Those of production are the two in force; older ones are
 * for archives and come in with `--i-know`. Source: root.gov.kz, pki.gov.kz.
 */
export const pinnedRoots: Readonly<Record<Profile, Readonly<Record<string, string>>>> = {
  production: {
    af77725f8328bb24f89d81da3acdf7cee4324248538b7ba2cd2a860517fb9dca: 'GOST 2022',
    '9ba06354b626641715182e4d07c9dbaa1777720fa795d03174ffc68876535dcd': 'RSA 2020',
  },
  test: {
    '06021684f52054692a1859686d5af527eda779e6183c2f3cd4fc1278e4067beb': 'GOST TEST 2018',
    '4d05179bcb02180bfc37618372671357df7dd8b7865973eae77b83213cae717b': 'RSA TEST 2018',
    b995e79e7c07429f8f79e185451e5599ce342ac720000f01b3854fdfa03031a6: 'GOST TEST 2022',
  },
};
