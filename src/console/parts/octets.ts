import { sizeText } from "../forms/quantities.ts";

/** In the largest unit that it fills: `7 KiB`. */
export function octetsText(octets: number): string {
  const power = octets < 1_024 ? 0 : Math.min(3, Math.floor(Math.log2(octets) / 10));
  return sizeText(Math.floor(octets / 1_024 ** power) * 1_024 ** power)
    .replace(/^(\d+)(?:B|$)/, "$1B")
    .replace(/^\d+/, "$& ");
}
