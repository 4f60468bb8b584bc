/**
 * A flag of a message: a system flag in its usual spelling (`\Seen`), or a keyword as the client spelled it. Keywords are
 * compared without regard to case.
 */
export type Flag = string;
