// SPDX-License-Identifier: MIT
// table: numbers for people.
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
};

export const us = (n) => (n < 0 ? `-${us(-n)}` : n >= 10_000 ? `${(n / 1000).toFixed(1)} ms` : n >= 1000 ? `${(n / 1000).toFixed(2)} ms` : `${Math.round(n)} µs`);
export const rate = (n) => (n >= 10_000 ? `${(n / 1000).toFixed(1)} k` : String(Math.round(n)));

// Columns as wide as their widest cell; the first is text, the rest stands to the right.
export function table(rows) {
  const width = rows[0].map((_, i) => Math.max(...rows.map((r) => [...String(r[i] ?? '')].length)));
  const cell = (text, i) => (i === 0 ? String(text ?? '').padEnd(width[i]) : String(text ?? '').padStart(width[i]));
  console.log(rows.map((r) => `  ${r.map(cell).join('  ')}`).join('\n'));
}

// One target: what it is, what was measured, whether that is enough. ${limit} is "≥ 0.30" or "≤ 5 …".
export function verdict(what, got, limit, show = (n) => n.toFixed(2)) {
  const [sign, wanted] = limit.split(' ');
  const met = sign === '≥' ? got >= Number(wanted) : got <= Number(wanted);
  return [what, show(got), limit, met ? 'met' : 'MISSED'];
}
