/** Keeps secrets from being read. */
import { isObject, type Json } from "../jmap/json.ts";

/** Of a text only its kind is shown; a file or a variable that holds the secret may be known. */
export function withoutSecret(value: Json): Json {
  return isObject(value) && value["@type"] === "Text" ? { "@type": "Text" } : value;
}
