/** What a script may ask of the checker. Sizes are octets. The check takes time linear in the script's size. */
export interface SieveLimits {
  /** A longer script is an error. Default: 1048576. */
  readonly scriptSize: number;
  /** Blocks within blocks, and tests within tests (RFC 5228 sections 2.9 and 2.10.7). Default: 32, each. */
  readonly nesting: number;
  /** Commands and tests of a script, together. Default: 20000. */
  readonly commands: number;
}

export const defaultSieveLimits: SieveLimits = Object.freeze({
  scriptSize: 1_048_576,
  nesting: 32,
  commands: 20_000,
});
