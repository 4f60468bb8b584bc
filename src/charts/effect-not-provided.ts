/** Thrown when a machine runs an effect, guard or delay that nobody provided: it is never silently skipped. */
export class EffectNotProvided extends Error {
  readonly code = "effect-not-provided";

  constructor(machine: string, effect: string) {
    super(`The machine "${machine}" names "${effect}", which was not provided. Pass it to machine.provide({ … }).`);
    this.name = "EffectNotProvided";
  }
}
