/*
 * Formulas for points, a step a line: a result, one or two numbers, an operation. A point of a parameter is named by
 * its number: x1, y1, z1. `a` and `b3` are the curve's a and 3b.
 */

/** Doubles a Jacobian point (x / z², y / z³) of a curve with a = -3. Infinity, z = 0, stays infinity. */
export const doubleFormula = [
  'zz = z1 * z1',
  'minus = x1 - zz',
  'plus = x1 + zz',
  'slope1 = minus * plus',
  'slope2 = slope1 + slope1',
  'slope = slope2 + slope1',
] as const;

/** The same for another a. */
export const doubleGeneralFormula = [
  'zz = z1 * z1',
  'zzzz = zz * zz',
  'az = a * zzzz',
  'xx = x1 * x1',
  'xx2 = xx + xx',
  'xx3 = xx2 + xx',
  'slope = xx3 + az',
] as const;

/** What follows either of them: from the slope 3x² + az⁴ to the point. */
export const doubleTail = [
  'yy = y1 * y1',
  'yy2 = yy + yy',
  'x2 = x1 + x1',
  'v = x2 * yy2',
  'ss = slope * slope',
  'v2 = v + v',
  'x3 = ss - v2',
  'back = v - x3',
  'rise = slope * back',
  'yyyy4 = yy2 * yy2',
  'yyyy8 = yyyy4 + yyyy4',
  'y3 = rise - yyyy8',
  'y2 = y1 + y1',
  'z3 = y2 * z1',
] as const;

/** Adds a point with z = 1. When the two are equal or opposite, or one is infinity, z becomes 0. */
export const addAffineFormula = [
  'zz = z1 * z1',
  'zzz = zz * z1',
  'u2 = x2 * zz',
  's2 = y2 * zzz',
  'h = u2 - x1',
  'r = s2 - y1',
  'hh = h * h',
  'hhh = hh * h',
  'v = x1 * hh',
  'rr = r * r',
  'w = rr - hhh',
  'v2 = v + v',
  'x3 = w - v2',
  'back = v - x3',
  'rise = r * back',
  'fall = y1 * hhh',
  'y3 = rise - fall',
  'z3 = z1 * h',
] as const;

/** The same for a point with any z. */
export const addFormula = [
  'zz1 = z1 * z1',
  'zzz1 = zz1 * z1',
  'zz2 = z2 * z2',
  'zzz2 = zz2 * z2',
  'u1 = x1 * zz2',
  'u2 = x2 * zz1',
  's1 = y1 * zzz2',
  's2 = y2 * zzz1',
  'h = u2 - u1',
  'r = s2 - s1',
  'hh = h * h',
  'hhh = hh * h',
  'v = u1 * hh',
  'rr = r * r',
  'w = rr - hhh',
  'v2 = v + v',
  'x3 = w - v2',
  'back = v - x3',
  'rise = r * back',
  'fall = s1 * hhh',
  'y3 = rise - fall',
  'zz = z1 * z2',
  'z3 = zz * h',
] as const;

/**
 * Adds two points (x / z, y / z), whichever they are: the complete formula of Renes, Costello and Batina (2015),
 * algorithm 1. Complete among points of odd order, so that nothing needs to be asked about them.
 */
export const addCompleteFormula = [
  'xx = x1 * x2',
  'yy = y1 * y2',
  'zz = z1 * z2',
  'xy1 = x1 + y1',
  'xy2 = x2 + y2',
  'xy3 = xy1 * xy2',
  'xy4 = xy3 - xx',
  'xy = xy4 - yy',
  'xz1 = x1 + z1',
  'xz2 = x2 + z2',
  'xz3 = xz1 * xz2',
  'xz4 = xz3 - xx',
  'xz = xz4 - zz',
  'yz1 = y1 + z1',
  'yz2 = y2 + z2',
  'yz3 = yz1 * yz2',
  'yz4 = yz3 - yy',
  'yz = yz4 - zz',
  'axz = a * xz',
  'bzz = b3 * zz',
  'm = axz + bzz',
  'low = yy - m',
  'high = yy + m',
  'azz = a * zz',
  'xx2 = xx + xx',
  'xx3 = xx2 + xx',
  'u = xx3 + azz',
  'v1 = xx - azz',
  'v2 = a * v1',
  'v3 = b3 * xz',
  'v = v3 + v2',
  'x4 = xy * low',
  'x5 = yz * v',
  'x3 = x4 - x5',
  'y4 = high * low',
  'y5 = u * v',
  'y3 = y4 + y5',
  'z4 = yz * high',
  'z5 = xy * u',
  'z3 = z4 + z5',
] as const;
