/** Rules of refusals, in words. The server has those for the causes of ends. */

const rules: Readonly<Record<string, string>> = {
  draining: "The listener is draining.",
  blocked: "The address is on the block list.",
  "server-cap": "The server's cap on connections is reached.",
  "listener-cap": "The listener's cap on connections is reached.",
  "address-cap": "The address has too many connections.",
  "address-rate": "The address connects too often.",
  pressure: "The process is short of something.",
  "rule-failed": "A rule of the embedder's own failed.",
};

/** What a rule means that refuses clients. */
export function ruleMeaning(rule: string): string {
  return rules[rule] ?? "A rule of the embedder's own.";
}
