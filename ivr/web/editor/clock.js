// Moments on the hotline's clock, whatever the browser's is.

// "2026-11-26T10:00:00" in a zone.
const told = (at, zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(at).replace(" ", "T");

const ahead = (at, zone) => Date.parse(`${told(at, zone)}Z`) - Math.floor(at / 1000) * 1000; // milliseconds

// As a field for a moment shows it.
export const wall = (at, zone) => told(at, zone).slice(0, 16);

// What such a field holds, as an ISO text; twice, as the first guess may lie on the other side of a change to summer time.
export const instant = (text, zone) => {
  const guess = Date.parse(`${text}Z`);
  return new Date(guess - ahead(guess - ahead(guess, zone), zone)).toISOString();
};
