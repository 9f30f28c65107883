/** Device passwords of one account. */
export const maxDevices = 20;
/** Code points of the name of a device. */
export const maxDeviceNameLetters = 64;
/** How exactly the last use of a device password is known: it is not written at each login. */
export const lastUseStepMs = 10 * 60_000;
