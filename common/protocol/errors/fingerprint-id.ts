/**
 * How a group of errors is called, and how it is asked for: by the start of its fingerprint, as `s2-9f31c0`. Groups of
 * the first version are called by sixteen hexadecimal digits alone. Stands alone, so that a command can tell a mistyped
 * name without loading what makes fingerprints.
 */
export const FINGERPRINT_START = '^[0-9a-z][0-9a-z-]{3,18}$';
export const FINGERPRINT_LENGTH_MAX = 19;
/** Of a fingerprint, in lists: the letter, the version and 32 bits. */
export const FINGERPRINT_SHOWN = 11;
