/** What a field becomes where the lab has it; nothing where it has not. */
export const given = <T, R>(value: T | undefined, make: (value: T) => R): R[] =>
  value === undefined ? [] : [make(value)];
