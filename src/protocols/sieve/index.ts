export { type SieveExtension, sieveExtensions } from "./extensions.ts";
export { type Finding, findingText } from "./finding.ts";
export { defaultSieveLimits, type SieveLimits } from "./limits.ts";
export { checkScript, type ScriptReport } from "./script-check.ts";
