/** The text of an agreement in one language, in octets of UTF-8. */
export const maxTextBytes = 256 * 1024;
/** The facts about a version: `agreement.yaml`, in octets. */
export const maxFactsBytes = 16 * 1024;
/** Versions of the agreement that may ever have been. */
export const maxVersions = 500;
