// A terminal's text on standard input → an SVG picture of it on standard output: the picture in README.md.
import { text } from 'node:stream/consumers';

const COLOURS: Record<string, string> = { '✓': '#3fb950', '✗': '#f85149', '○': '#d29922', '?': '#d29922' };
const LINE = 19;
const MARGIN = 16;

const escaped = (line: string) =>
  line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const lines = (await text(process.stdin)).trimEnd().split('\n');
const width = MARGIN * 2 + Math.max(...lines.map((line) => line.length)) * 8.1;
const rows = lines.map((line, index) => {
  const colour = COLOURS[line.trimStart()[0] ?? ''] ?? '#c9d1d9';
  return `<text x="${MARGIN}" y="${MARGIN + LINE * (index + 1) - 5}" fill="${colour}" xml:space="preserve">${escaped(line)}</text>`;
});
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${MARGIN * 2 + LINE * lines.length}" font-family="monospace" font-size="13.5">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`);
