import { z } from "zod";

/** What forms and lists show of a field, beside its description. */
export interface FieldDisplay {
  /** A word or two in front of the field, and above its column. */
  readonly label: string;
  /** The part of the form that it stands in; left out where the form has but one. */
  readonly section?: string;
  /** An example of a value. */
  readonly placeholder?: string;
  /** Its place among the columns of a list; left out: it is none. */
  readonly column?: number;
  /** Whether a list can be filtered by it. */
  readonly filter?: boolean;
  /** What its text or number is, where the schema does not tell. */
  readonly format?: TextFormat | "size" | "duration";
  /** What it refers to by id, or is. */
  readonly objectName?: string;
  /** The name of the list of its values. */
  readonly enumName?: string;
  /** Who decides it; left out: the author of the document, at any time. */
  readonly update?: "immutable" | "serverSet";
}

export type TextFormat =
  | "string"
  | "ipAddress"
  | "ipNetwork"
  | "socketAddress"
  | "emailAddress"
  | "secret"
  | "secretText"
  | "uri"
  | "text";

/** Kept apart from zod's own registry, all of which goes into the JSON Schema. */
export const fieldDisplay = z.registry<FieldDisplay>();
