/** Durations and sizes as people write them; on the wire they are milliseconds and octets. */

const durations: readonly Unit[] = [
  { name: "d", size: 86_400_000 },
  { name: "h", size: 3_600_000 },
  { name: "m", size: 60_000 },
  { name: "s", size: 1_000 },
  { name: "ms", size: 1 },
];

const sizes: readonly Unit[] = [
  { name: "GiB", size: 1_073_741_824 },
  { name: "MiB", size: 1_048_576 },
  { name: "KiB", size: 1_024 },
  { name: "B", size: 1 },
];

interface Unit {
  readonly name: string;
  readonly size: number;
}

/** `1m 30s` */
export function durationText(milliseconds: number): string {
  return textIn(durations, milliseconds);
}

/** To what matters of it: `23s`, `1m 30s`, `250ms`. */
export function roughDurationText(milliseconds: number): string {
  return durationText(milliseconds < 1_000 ? milliseconds : Math.round(milliseconds / 1_000) * 1_000);
}

/** Null when it is none. A number alone is milliseconds. */
export function readDuration(text: string): number | null {
  return readIn(durations, text);
}

/** `64KiB` */
export function sizeText(octets: number): string {
  const unit = sizes.find(({ size }) => octets % size === 0 && octets >= size);
  return unit === undefined || unit.size === 1 ? String(octets) : `${octets / unit.size}${unit.name}`;
}

/** Null when it is none. A number alone is octets. */
export function readSize(text: string): number | null {
  return readIn(sizes, text);
}

function textIn(units: readonly Unit[], whole: number): string {
  if (whole === 0) return "0s";
  const parts: string[] = [];
  let rest = whole;
  for (const { name, size } of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${name}`);
    rest -= count * size;
  }
  return parts.join(" ");
}

function readIn(units: readonly Unit[], text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return safe(Number(trimmed));
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== trimmed) return null;
  let sum = 0;
  for (const [, count = "", name = ""] of parts) {
    const unit = units.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!unit) return null;
    sum += Number(count) * unit.size;
  }
  return safe(Math.round(sum));
}

function safe(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}
