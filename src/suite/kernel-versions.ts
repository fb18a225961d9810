/** Versions of kernels: their order, and what a short one stands for. Pure. */

/** '6.12-rc3' comes before '6.12'; what follows the numbers counts for nothing else. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const differs = left.findIndex((number, index) => number !== right[index]);
  return differs < 0 ? 0 : left[differs]! - right[differs]!;
};

const numbersOf = (version: string): number[] => {
  const [, numbers = '', candidate] = /^([\d.]*\d)?(?:.*-rc(\d+))?/.exec(version)!;
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  return [major, minor, patch, candidate === undefined ? Number.MAX_SAFE_INTEGER : Number(candidate)];
};

/** Whether a version is of a shorter one: '6.1.176' is of '6.1', and '6.12.1' is not. */
export const isOfVersion = (version: string, short: string): boolean =>
  /^\d+(\.\d+)*$/.test(short) &&
  (version === short || /^[.-]/.test(version.slice(short.length))) &&
  version.startsWith(short);
