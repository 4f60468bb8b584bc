/** The field `Accept-Encoding` (RFC 9110 section 12.5.3). */

/** Whether gzip is accepted: by its name, or by `*` where it is not named; a weight of 0 means that it is not. */
export function acceptsGzip(field: string | null | undefined): boolean {
  const weights = new Map<string, number>();
  for (const element of (field ?? "").split(",")) {
    const [coding = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
    // `x-gzip` is the same coding (RFC 9110 section 8.4.1.3).
    weights.set(coding === "x-gzip" ? "gzip" : coding, weightIn(parameters));
  }
  return (weights.get("gzip") ?? weights.get("*") ?? 0) > 0;
}

/** A weight that cannot be read asks for nothing. */
function weightIn(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  if (weight === undefined) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight.slice(2)) : 0;
}
