/** How standard error shows mistakes: in colour on a terminal that has them (no-color.org). */
export const onErrorOutput = ({ NO_COLOR, TERM } = process.env): { color: boolean } => ({
  color: process.stderr.isTTY === true && !NO_COLOR && TERM !== 'dumb',
});
