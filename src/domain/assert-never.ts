/** Makes a forgotten member of a closed union a build error, and a loud fault should one slip through at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
