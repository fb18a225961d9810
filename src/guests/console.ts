/** Of a guest's console the line that says why it died, else its last one. Pure. */
export const lastWords = (console: string): string | undefined => {
  const lines = console
    .split(/\r?\n/)
    .map((line) => line.replace(/^\[ *\d+\.\d+\] */, '').trim())
    .filter(Boolean);
  return lines.find((line) => /Kernel panic|BUG:|Oops/.test(line)) ?? lines.at(-1);
};
