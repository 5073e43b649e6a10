/** Fails the whole suite where an ignored install script left us on an old Node: its tests would prove nothing. */
export default function assertNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    throw new Error(
      `tests run on Node ${process.versions.node}, but Peakproof needs 22.19 or newer: ` +
        `the "node" package's install script did not run. Try: npm rebuild node`,
    );
  }
}
