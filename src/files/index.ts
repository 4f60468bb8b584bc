/** Files that others own: read within limits, so that nothing outside can hold the process up. */
export { boundedCall, FILE_TIMEOUT, hungCalls } from "./bounded-calls.ts";
export { createFile } from "./create-file.ts";
export { FileError, type FileErrorCode, toFileError } from "./file-error.ts";
export { type FileBytes, type ReadLimits, readFileIfThere, readFileWithin } from "./read-file.ts";
export { removeFile } from "./remove-file.ts";
export { type ReplaceOptions, replaceFile } from "./replace-file.ts";
