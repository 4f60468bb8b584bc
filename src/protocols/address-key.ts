/**
 * What a client is counted by: its IPv4 address, or its /64 of IPv6, which is what one customer has at least (RFC 6177).
 * Link-local networks of different interfaces differ (RFC 4007).
 * @param address as in `ConnectionFacts`: IPv4-mapped addresses are IPv4 already.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const percent = address.indexOf("%");
  const zone = percent < 0 ? "" : address.slice(percent);
  const [left = "", right] = (percent < 0 ? address : address.slice(0, percent)).split("::");
  const groups = groupsOf(left);
  if (right !== undefined) {
    const last = groupsOf(right);
    // A dotted tail is one text and two groups.
    const zeros = 8 - groups.length - last.length - (right.includes(".") ? 1 : 0);
    for (let zero = 0; zero < zeros; zero++) groups.push("0");
    groups.push(...last);
  }
  return `${groups.slice(0, 4).join(":")}::/64${zone}`;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
