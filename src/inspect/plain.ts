const deepest = 6;
const longestText = 1_000;
const mostEntries = 100;

/** A copy of a value in JSON's types, bounded in every direction. */
export function plain(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      return value.slice(0, longestText);
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth === deepest) return "…";
  if (value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.slice(0, mostEntries).map((one) => plain(one, depth + 1) ?? null);
  const entries = Object.entries(value).slice(0, mostEntries);
  return Object.fromEntries(entries.map(([name, one]) => [name, plain(one, depth + 1)]));
}
