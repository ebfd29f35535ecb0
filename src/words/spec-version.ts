/** The form of `spec` that this version writes and reads. Apart from the schema, so that writing costs no schemas. */
export const SPEC_VERSION = 1
