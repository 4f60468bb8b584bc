export { type SieveExtension, sieveExtensions } from "./extensions.ts";
export { findingText, type ScriptFinding } from "./finding.ts";
export { defaultSieveLimits, type SieveLimits } from "./limits.ts";
export { notifyMethods } from "./notify-method.ts";
export { checkScript, type ScriptReport } from "./script-check.ts";
