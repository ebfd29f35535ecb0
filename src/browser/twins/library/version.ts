/** Put in place by whoever builds for the browser (scripts/browser-build.mjs). */
declare const HEADWISE_VERSION: string

/** The browser's twin of src/library/version.ts. */
export const version: string = HEADWISE_VERSION
