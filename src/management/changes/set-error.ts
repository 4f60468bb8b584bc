/** Why one object was not created, updated or destroyed (RFC 8620 section 5.3), of the types that Stalwart's clients can read. */
import type { JsonObject } from "../jmap/json.ts";

export type SetErrorType =
  | "forbidden"
  | "notFound"
  | "invalidPatch"
  | "invalidProperties"
  | "singleton"
  | "alreadyExists"
  | "objectIsLinked"
  | "invalidForeignKey"
  | "primaryKeyViolation"
  | "validationFailed";

export interface SetError extends JsonObject {
  readonly type: SetErrorType;
  readonly description: string;
}

/** @param more `properties`, `existingId`, `linkedObjects`, `validationErrors`, and what is ours */
export function setError(type: SetErrorType, description: string, more: JsonObject = {}): SetError {
  return { type, description, ...more };
}

export function invalidProperty(property: string, description: string, more: JsonObject = {}): SetError {
  const validationErrors = [{ type: "Invalid", property, value: description }];
  return setError("invalidProperties", description, { properties: [property], validationErrors, ...more });
}
