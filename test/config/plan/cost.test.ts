/** What a plan costs, in looks at the two configurations: it has to grow as they do, whatever there is much of. */
import { expect, test } from "vitest";
import { describePlan, parseDocument, planReload } from "../../../src/config/index.ts";

interface Counter {
  looks: number;
}

/** The same value, where each look at a member is counted. */
function counted<T extends object>(value: T, counter: Counter, proxies = new Map<object, object>()): T {
  const known = proxies.get(value);
  if (known) return known as T;
  const proxy = new Proxy(value, {
    get(target, member, receiver) {
      counter.looks += 1;
      const found: unknown = Reflect.get(target, member, receiver);
      return typeof found === "object" && found !== null ? counted(found, counter, proxies) : found;
    },
  });
  proxies.set(value, proxy);
  return proxy;
}

const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const text = { "@type": "Text", secret: "x" };
const file = (index: number) => ({ "@type": "File", filePath: `${index}.pem` });
const listener = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:25"] };

/** Half of each is new, half of it gone. */
const documents: Readonly<Record<string, (count: number, from: number) => object>> = {
  "blocked addresses": (count, from) => ({
    NetworkListener: [listener],
    BlockedIp: many(count, (index) => ({ address: address(index + from) })),
  }),
  accounts: (count, from) => ({
    NetworkListener: [listener],
    Account: Object.fromEntries(many(count, (index) => [`${index + from}@example.com`, { secret: text }])),
  }),
  "certificates and listeners": (count, from) => ({
    NetworkListener: many(count, (index) => ({ ...listener, name: `${index}`, bind: [`${address(index)}:25`] })),
    Certificate: Object.fromEntries(
      many(count, (index) => [`c${index + from}`, { certificate: file(index), privateKey: file(index) }]),
    ),
  }),
  "listeners on addresses that are bound again": (count, from) => ({
    NetworkListener: many(count, (index) => ({
      ...listener,
      name: `${index + from}`,
      bind: [`[2001:db8::${(index + from).toString(16)}]:25`],
      socketReusePort: false,
    })),
  }),
  "addresses of one listener": (count, from) => ({
    NetworkListener: [{ ...listener, bind: many(count, (index) => `${address(index + from)}:25`) }],
  }),
  "trusted networks that listeners share": (count, from) => ({
    SystemSettings: { proxyTrustedNetworks: many(count, (index) => address(index + from)) },
    NetworkListener: many(count, (index) => ({ ...listener, name: `${index}`, bind: [`${address(index)}:25`] })),
  }),
};

function looksAt(make: (count: number, from: number) => object, count: number): number {
  const counter = { looks: 0 };
  const before = counted(parseDocument(make(count, 0)), counter);
  const after = counted(parseDocument(make(count, count / 2)), counter);
  describePlan(planReload(before, after));
  return counter.looks;
}

test.each(Object.keys(documents))("four times as many %s cost four times as many looks", (name) => {
  const make = documents[name];
  if (!make) throw new Error(name);
  expect(looksAt(make, 800) / looksAt(make, 200)).toBeLessThan(5);
});
