/** Where Debian puts its browser, and how to get it. */
export const chromiumPath = "/usr/bin/chromium";
export const installLine = "apt-get install --yes chromium";

/** Flags without which Chromium looks up hosts of its own at every start, and a container refuses its sandbox. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
