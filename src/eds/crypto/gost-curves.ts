import type { GostCurve } from './gost-curve.ts';

/** GOST 34.310-2004: id-GostR3410-2001-CryptoPro-A-ParamSet (1.2.643.2.2.35.1) of RFC 4357 §11.4. */
export const gost2004: GostCurve = {
  oid: '1.2.398.3.10.1.1.1.1.1',
  name: 'GOST 34.310-2004 A',
  sizeBytes: 32,
  p: 2n ** 256n - 617n,
  a: 2n ** 256n - 620n,
  b: 0xa6n,
  q: 0xffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893n,
  cofactor: 1n,
  base: {
    x: 1n,
    y: 0x8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14n,
  },
};

/**
 * GOST 34.10-2015, 256 bits: id-tc26-gost-3410-2012-256-paramSetA (1.2.643.7.1.2.1.1.1) of RFC 9215 §B and RFC 7836
 * §A.2. That the Kazakh OID means this set is what sources say; no certificate with it was seen.
 */
export const gost2015Bits256: GostCurve = {
  oid: '1.2.398.3.10.1.1.2.1.1',
  name: 'GOST 34.10-2015 256 A',
  sizeBytes: 32,
  p: 2n ** 256n - 617n,
  a: 0xc2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335n,
  b: 0x295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513n,
  q: 0x400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67n,
  cofactor: 4n,
  base: {
    x: 0x91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28n,
    y: 0x32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5cn,
  },
};

/** GOST 34.10-2015, 512 bits: id-tc26-gost-3410-12-512-paramSetA (1.2.643.7.1.2.1.2.1) of RFC 7836 §A.1. */
export const gost2015Bits512: GostCurve = {
  oid: '1.2.398.3.10.1.1.2.2.1',
  name: 'GOST 34.10-2015 512 A',
  sizeBytes: 64,
  p: 2n ** 512n - 569n,
  a: 2n ** 512n - 572n,
  b: 0xe8c2505dedfc86ddc1bd0b2b6667f1da34b82574761cb0e879bd081cfd0b6265ee3cb090f30d27614cb4574010da90dd862ef9d4ebee4761503190785a71c760n,
  q: 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff27e69532f48d89116ff22b8d4e0560609b4b38abfad2b85dcacdb1411f10b275n,
  cofactor: 1n,
  base: {
    x: 3n,
    y: 0x7503cfe87a836ae3a61b8816e25450e6ce5e1c93acf1abc1778064fdcbefa921df1626be4fd036e93d75e6a50e3a41e98028fe5fc235f5b889a589cb5215f2a4n,
  },
};

/** The parameter sets of Kazakh certificates. */
export const gostCurves = [gost2004, gost2015Bits256, gost2015Bits512] as const;
