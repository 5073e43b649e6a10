/** Whether a signal `metric:name{a="b"}` is of this metric and has these labels, among others. */
export function isSeriesOf(
  { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  signal: string,
): boolean {
  const brace = signal.indexOf("{");
  if (signal.slice("metric:".length, brace === -1 ? undefined : brace) !== name) return false;
  const inner = brace === -1 ? "" : signal.slice(brace);
  // A quote within a value is escaped, so that no value can pass for a label.
  return Object.entries(labels).every(([key, value]) => {
    const label = `${key}=${JSON.stringify(value)}`;
    return inner.includes(`{${label}`) || inner.includes(`,${label}`);
  });
}
