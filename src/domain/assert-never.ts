/** Makes an unhandled member of a union a compile-time error; throws at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
