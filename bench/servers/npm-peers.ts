/** Peers from npm. They are installed beside the benches by `npm run bench:peers`, and are part of nothing else. */
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));

export function isPeerInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** As the benches use it: none of them is there when types are checked. */
export function requirePeer<Module>(name: string): Module {
  return require(name) as Module;
}
