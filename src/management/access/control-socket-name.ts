/** How a process at the control socket is named among those who ask. */
export const controlSocketName = "control socket";
