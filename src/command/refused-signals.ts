/**
 * Signals that do nothing here, from the first moment. SIGUSR1 would open Node's debugger on a loopback port, where
 * every local user could run code as this process; SIGUSR2 would end it. `gatehouse serve` logs them.
 */
export const refusedSignals: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGUSR1: "SIGUSR1 does nothing: it would open Node's debugger to every local user.",
  SIGUSR2: "SIGUSR2 does nothing.",
};

for (const signal of Object.keys(refusedSignals)) process.on(signal, () => {});
