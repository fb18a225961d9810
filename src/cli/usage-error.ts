/** What was asked for cannot be done as it was asked: said in one sentence, exit code 2. */
export class UsageError extends Error {}
