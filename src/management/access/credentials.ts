/** The field `Authorization` (RFC 9110 section 11.6.2): Basic (RFC 7617) and Bearer (RFC 6750). */

export type Credentials =
  | { readonly scheme: "basic"; readonly username: string; readonly password: string }
  | { readonly scheme: "bearer"; readonly token: string };

/** Null for what cannot be read. */
export function readAuthorization(field: string): Credentials | null {
  const [, scheme = "", value = ""] = /^([A-Za-z]+) +([\w~+/.=-]+) *$/.exec(field) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return { scheme: "bearer", token: value };
    case "basic":
      return readBasic(value);
    default:
      return null;
  }
}

function readBasic(base64: string): Credentials | null {
  const text = Buffer.from(base64, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  return { scheme: "basic", username: text.slice(0, colon), password: text.slice(colon + 1) };
}
