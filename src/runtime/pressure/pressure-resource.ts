/** What can run short. Each has the same name in options, events, refusals and metrics. */
export type PressureResource = "eventLoopDelay" | "heap" | "descriptors";

export const pressureResources: readonly PressureResource[] = ["eventLoopDelay", "heap", "descriptors"];
