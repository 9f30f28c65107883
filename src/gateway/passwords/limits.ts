/** Characters (code points) of a password: NIST SP 800-63B asks for 8 at least and 64 to be possible. */
export const minPasswordLetters = 10;
export const maxPasswordLetters = 128;
/** What may surround the login in a password before the password counts as one of its own. */
export const minOwnLetters = 6;
