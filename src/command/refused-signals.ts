/**
 * Signals that do not do what they would by themselves, from the first moment. SIGUSR1 would open Node's debugger on a
 * loopback port, where every local user could run code as this process: it does nothing, and `gatehouse serve` logs it.
 * SIGUSR2 would end the process: it upgrades a server that runs, and does nothing before.
 */
export const refusedSignals: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGUSR1: "SIGUSR1 does nothing: it would open Node's debugger to every local user.",
};

for (const signal of [...Object.keys(refusedSignals), "SIGUSR2"]) process.on(signal, () => {});
