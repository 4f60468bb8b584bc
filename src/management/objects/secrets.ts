/** Keeps secrets from being read. */
import { isObject, type Json } from "../jmap/json.ts";

/** Of a text only its kind is shown, however deep it is; a file or a variable that holds the secret may be known. */
export function withoutSecret(value: Json): Json {
  if (!isObject(value)) return value;
  if (value["@type"] === "Text") return { "@type": "Text" };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutSecret(member)]));
}
